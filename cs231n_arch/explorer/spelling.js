// The ways in which people write a layer, brought to the one way of notation.js: `Conv`, `3×3`, `maxpool`,
// `/2`, `padding=1`, and lines of PyTorch. Sets `window.explorerSpelling`.
window.explorerSpelling = (() => {
  "use strict";

  class Problem extends Error {
    constructor(message, line, tooSmall = false) {
      super(message);
      Object.assign(this, { line, tooSmall });
    }
  }

  // Without capitals, "_" and "-".
  const KIND = {
    conv2d: "conv", convolution: "conv", convolution2d: "conv",
    maxpool: "max_pool", maxpool2d: "max_pool", maxpooling: "max_pool", maxpooling2d: "max_pool", pool: "max_pool",
    avgpool: "avg_pool", avgpool2d: "avg_pool", averagepool: "avg_pool", averagepooling: "avg_pool",
    globalpool: "global_pool", globalavgpool: "global_pool", globalaveragepooling: "global_pool", gap: "global_pool",
    adaptiveavgpool2d: "global_pool",
    linear: "fc", dense: "fc", fullyconnected: "fc",
    batchnorm: "bn", batchnorm2d: "bn", batchnormalization: "bn",
    localresponsenorm: "lrn", basicblock: "residual", convrelu: "conv_relu", convbnrelu: "conv_bn_relu",
    sequential: "series", add: "sum", cat: "concat", concatenate: "concat", skip: "identity",
  };
  const OPTION = {
    padding: "pad", strides: "stride", dilated: "dilation", nobias: "no_bias", ceil_mode: "ceil", group: "groups",
    p: "pad", s: "stride", d: "dilation", g: "groups",
  };

  // A line of the notation in its usual spelling; indentation stays.
  function plain(content) {
    const [, indent, name = "", rest] = /^(\s*)((?:[\w.-]+:)?)\s*(.*)$/.exec(content);
    const windowed = /^\s*(input|.*conv|.*pool)/i.test(rest);
    const words = rest
      .toLowerCase()
      .replace(/×/g, "x")
      .replace(/(\d)\s*\*\s*(?=\d)/g, "$1x")
      .replace(windowed ? /(\d)\s+x\s+(?=\d)/g : /(?!)/, "$1x") // "3 x 3", but "residual 64 x 3" is three times 64
      .replace(/\bx\s+(?=\d)/g, "x")
      .replace(/(^|[\s,])\/(?=\d)/g, "$1stride ") // "/2", as in the figures of the papers
      .replace(/[=()]/g, " ")
      .split(/[\s,]+/)
      .filter(Boolean);
    const kind = words.shift() ?? "";
    const bare = kind.replace(/[_-]/g, "");
    const usualKind = kind === "input" ? kind : Object.hasOwn(KIND, bare) ? KIND[bare] : kind.replace(/-/g, "_");
    const usual = words.map((word) => (Object.hasOwn(OPTION, word) ? OPTION[word] : word));
    return `${indent}${name && `${name} `}${[usualKind, ...usual].join(" ")}`;
  }

  // PyTorch's layers: their arguments in order, and the line they make.
  const WINDOW = ["kernel_size", "stride", "padding"];
  const said = (given, what, word) => (given[what] === undefined ? "" : `${word} ${given[what]}`);
  const window = (given) => [said(given, "stride", "stride"), said(given, "padding", "pad")];
  const bias = (given) => (given.bias === "False" ? "no_bias" : "");
  const TORCH = {
    Conv2d: [["in_channels", "out_channels", ...WINDOW, "dilation", "groups", "bias"],
      (g) => ["conv", g.out_channels, g.kernel_size, ...window(g), said(g, "dilation", "dilation"), said(g, "groups", "groups"), bias(g)]],
    MaxPool2d: [[...WINDOW, "dilation", "return_indices", "ceil_mode"],
      (g) => ["max_pool", g.kernel_size, ...window(g), g.ceil_mode === "True" ? "ceil" : ""]],
    AvgPool2d: [[...WINDOW, "ceil_mode"], (g) => ["avg_pool", g.kernel_size, ...window(g), g.ceil_mode === "True" ? "ceil" : ""]],
    AdaptiveAvgPool2d: [["output_size"], (g) => ["global_pool", /^1(x1)?$/.test(g.output_size) ? "" : g.output_size]],
    Linear: [["in_features", "out_features", "bias"], (g) => ["fc", g.out_features, bias(g)]],
    BatchNorm2d: [["num_features"], () => ["bn"]],
    ReLU: [["inplace"], (g) => ["relu", g.inplace === "True" ? "" : "copy"]],
    Dropout: [["p"], (g) => ["dropout", g.p ?? "0.5"]],
    Sigmoid: [[], () => ["sigmoid"]],
    Tanh: [[], () => ["tanh"]],
    Softmax: [["dim"], () => ["softmax"]],
    Flatten: [[], () => ["flatten"]],
    Identity: [[], () => ["identity"]],
    LocalResponseNorm: [["size", "alpha", "beta", "k"], () => ["lrn"]],
  };

  // `nn.Conv2d(3, 64, 3, padding=1)` as {text, expects}, or null if the line is no PyTorch.
  function fromPytorch(content, line) {
    const match = /^(?:(?:self\.)?([\w.-]+)\s*[=:]\s*)?(?:torch\.)?nn\.(\w+)\((.*)\)\s*,?$/.exec(content);
    if (!match) return null;
    const [, name, kind, inside] = match;
    if (!Object.hasOwn(TORCH, kind)) {
      throw new Problem(`nn.${kind} is not read here; nn.${Object.keys(TORCH).join(", nn.")} are`, line);
    }
    const [order, write] = TORCH[kind];
    const given = {};
    const joined = inside.replace(/\(\s*(\d+)\s*,\s*(\d+)\s*\)/g, "$1x$2"); // (1, 7)
    joined.split(",").map((part) => part.trim()).filter(Boolean).forEach((part, index) => {
      const [key, value] = part.includes("=") ? part.split("=").map((side) => side.trim()) : [order[index], part];
      given[key] = value.replace(/["']/g, "");
    });
    const expects = given.in_channels ?? given.in_features ?? given.num_features;
    const text = write(given).filter((word) => word !== "").map((word) => word ?? "").join(" ");
    return { text: name ? `${name}: ${text}` : text, expects: expects === undefined ? undefined : Number(expects) };
  }

  return { Problem, plain, fromPytorch };
})();
