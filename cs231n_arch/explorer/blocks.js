// The words that stand for several layers, as series, sums and concatenations. The names inside are those of the
// models of cs231n_arch. Sets `window.explorerBlocks`.
window.explorerBlocks = (() => {
  "use strict";

  const { Problem } = window.explorerNotation;
  const node = (name, kind, more = {}, children = []) => ({ name, kind, children, ...more });
  const series = (name, children) => node(name, "series", {}, children);
  const bn = (name) => node(name, "bn");
  const relu = (name) => node(name, "relu");
  const same = (side) => [(side - 1) / 2, (side - 1) / 2];
  const bare = (name, channels, side, stride = 1, groups = 1) =>
    node(name, "conv", { channels, kernel: [side, side], stride: [stride, stride], pad: same(side), groups, no_bias: true });
  const activated = (name, channels, side) =>
    series(name, [node("conv", "conv", { channels, kernel: [side, side], pad: same(side) }), relu("relu")]);
  const identity = (name) => node(name, "identity");
  const sum = (name, body, shortcut) => node(name, "sum", {}, [series("body", body), shortcut]);

  // He et al. (2015): A fills new channels with zeros, B projects.
  function shortcut(option, from, to, stride) {
    if (option === "A") {
      const parts = [];
      if (stride > 1) parts.push(node("subsample", "avg_pool", { kernel: [1, 1], stride: [stride, stride] }));
      if (to > from) parts.push(node("zeros", "zero_channels", { channels: to - from }));
      return parts.length ? series("shortcut", parts) : identity("shortcut");
    }
    if (stride === 1 && from === to) return identity("shortcut");
    return series("shortcut", [bare("conv", to, 1, stride), bn("bn")]);
  }

  const twice = (channels, stride) =>
    [bare("conv1", channels, 3, stride), bn("bn1"), relu("relu1"), bare("conv2", channels, 3), bn("bn2")];

  const WORDS = {
    conv_relu: (layer) => {
      const { channels, kernel, stride, pad, groups } = layer;
      return series(layer.name, [node("conv", "conv", { channels, kernel, stride, pad, groups }), relu("relu")]);
    },
    conv_bn_relu: (layer) => {
      const { channels, kernel, stride, pad, groups } = layer;
      return series(layer.name, [node("conv", "conv", { channels, kernel, stride, pad, groups, no_bias: true }), bn("bn"), relu("relu")]);
    },
    inception: (layer) => node(layer.name, "concat", {}, [
      activated("branch1x1", layer.conv1x1, 1),
      series("branch3x3", [activated("reduce", layer.reduce3x3, 1), activated("conv", layer.conv3x3, 3)]),
      series("branch5x5", [activated("reduce", layer.reduce5x5, 1), activated("conv", layer.conv5x5, 5)]),
      series("pool_proj", [
        node("pool", "max_pool", { kernel: [3, 3], stride: [1, 1], pad: [1, 1] }),
        activated("conv", layer.pool_proj, 1),
      ]),
    ]),
    residual: (layer, from, stride) => series(layer.name, [
      sum("sum", twice(layer.channels, stride), shortcut(layer.shortcut ?? "B", from, layer.channels, stride)),
      relu("relu"),
    ]),
    plain: (layer, from, stride) => series(layer.name, [series("body", twice(layer.channels, stride)), relu("relu")]),
    bottleneck: (layer, from, stride) => {
      const to = 4 * layer.channels, width = layer.width ?? layer.channels;
      const late = layer.stride_in ? layer.stride_in[0] === 3 : false;
      return series(layer.name, [
        sum("sum", [
          bare("conv1", width, 1, late ? 1 : stride), bn("bn1"), relu("relu1"),
          bare("conv2", width, 3, late ? stride : 1, layer.groups ?? 1), bn("bn2"), relu("relu2"),
          bare("conv3", to, 1), bn("bn3"),
        ], shortcut("B", from, to, stride)),
        relu("relu"),
      ]);
    },
    wide: (layer, from, stride) => {
      const before = [bn("bn1"), relu("relu1")];
      const body = [bare("conv1", layer.channels, 3, stride), bn("bn2"), relu("relu2"), bare("conv2", layer.channels, 3)];
      if (from === layer.channels) return sum(layer.name, [...before, ...body], identity("shortcut"));
      return series(layer.name, [...before, sum("sum", body, bare("shortcut", layer.channels, 1, stride))]);
    },
    preact: (layer, from, stride) => {
      const before = layer.first ? [] : [bn("bn1"), relu("relu1")];
      const body = [bare("conv1", layer.channels, 3, stride), bn("bn2"), relu("relu2"), bare("conv2", layer.channels, 3)];
      return series(layer.name, [sum("sum", [...before, ...body], shortcut("A", from, layer.channels, stride))]);
    },
    preact_bottleneck: (layer, from, stride) => {
      const to = 4 * layer.channels, projects = from !== to;
      const before = layer.first ? [] : [bn("bn1"), relu("relu1")];
      const body = [
        bare("conv1", layer.channels, 1, stride), bn("bn2"), relu("relu2"),
        bare("conv2", layer.channels, 3), bn("bn3"), relu("relu3"), bare("conv3", to, 1),
      ];
      if (!projects) return series(layer.name, [sum("sum", [...before, ...body], shortcut("A", from, to, stride))]);
      return series(layer.name, [...before, sum("sum", body, bare("shortcut", to, 1, stride))]);
    },
    dense_layer: (layer) => {
      const k = layer.channels;
      const body = layer.bottleneck
        ? [bn("bn1"), relu("relu1"), bare("conv1", 4 * k, 1), bn("bn2"), relu("relu2"), bare("conv2", k, 3)]
        : [bn("bn"), relu("relu"), bare("conv", k, 3)];
      return node(layer.name, "concat", {}, [identity("identity"), series("body", body)]);
    },
    fire: (layer, from) => {
      const to = layer.expand1x1 + layer.expand3x3;
      const parts = [
        activated("squeeze1x1", layer.squeeze1x1, 1),
        node("expand", "concat", {}, [activated("expand1x1", layer.expand1x1, 1), activated("expand3x3", layer.expand3x3, 3)]),
      ];
      if (!layer.bypass) return series(layer.name, parts);
      const path = from === to ? identity("shortcut") : node("shortcut", "conv", { channels: to, kernel: [1, 1] });
      return sum(layer.name, parts, path);
    },
  };

  // The layers that a word stands for, after `channels` channels.
  function expand(layer, channels) {
    const stride = layer.stride ?? [1, 1];
    if (!["conv_relu", "conv_bn_relu"].includes(layer.kind) && stride[0] !== stride[1]) {
      throw new Problem("the stride of a block must be one number", layer.line);
    }
    const withLine = (tree) => ({ ...tree, line: layer.line, children: tree.children.map(withLine) });
    return withLine(WORDS[layer.kind](layer, channels, stride[0]));
  }

  // `x3`: three in series; only the first has the stride.
  function repeat(layer) {
    const stem = layer.name.replace(/_x$/, "");
    const children = Array.from({ length: layer.repeat }, (_, index) => ({
      ...layer,
      name: layer.kind === "dense_layer" ? `layer${index + 1}` : `${stem}_${index + 1}`,
      repeat: undefined,
      ...(index ? { stride: layer.kind.endsWith("pool") ? layer.stride : undefined, first: undefined, expects: undefined } : {}),
    }));
    return { ...series(layer.name, children), line: layer.line };
  }

  return { expand, repeat };
})();
