// What can be known about a stack of layers without running it: sizes, parameters, operations, memory, receptive
// field. The same rules as cs231n_arch.anatomy, which the tests hold it against, layer by layer.
// Sets `window.explorerArithmetic`.
window.explorerArithmetic = (() => {
  "use strict";

  const { KINDS, Problem, parse } = window.explorerNotation;

  const product = (numbers) => numbers.reduce((a, b) => a * b, 1);
  const later = (a, b) => (a[0] > b[0] || (a[0] === b[0] && a[1] > b[1]) ? a : b);
  const short = (pair) => (pair[0] === pair[1] ? String(pair[0]) : `${pair[0]}, ${pair[1]}`);

  // Positions of a window along one side; says what does not fit, and what would.
  function positions(size, kernel, stride, pad, ceil, layer, notes) {
    const room = size + 2 * pad - kernel;
    if (room < 0) {
      const smallest = Math.max(1, kernel - 2 * pad);
      throw new Problem(
        `a window of ${kernel} does not fit into ${size} with padding ${pad}; the smallest size that fits here is ${smallest}`,
        layer.line, true,
      );
    }
    const over = room % stride;
    let steps = Math.floor(room / stride);
    const up = ceil && over > 0 && (steps + 1) * stride < size + pad;
    if (up) steps += 1;
    if (over > 0) {
      notes.push({
        line: layer.line,
        text: `(${size} + 2·${pad} − ${kernel}) / ${stride} = ${(room / stride).toFixed(2)} is no whole number; ` +
          (up ? "it is rounded up: the last window hangs over the edge" : `it is rounded down: ${over} rows or columns are left over`) +
          `. Sizes ${[size - over, size - over + stride].filter((s) => s > 0).join(" and ")} fit`,
      });
    }
    return steps + 1;
  }

  // What a unit sees after a window, in one direction: [field, jump].
  const look = ([field, jump], kernel, stride) => [field + (kernel - 1) * jump, jump * stride];
  const sees = (seen, kernel, stride) => ({
    vertical: look(seen.vertical, kernel[0], stride[0]),
    horizontal: look(seen.horizontal, kernel[1], stride[1]),
  });

  const node = (name, kind, more = {}, children = []) => ({ name, kind, children, ...more });
  const unit = (suffix, maps, kernel, stride, pad, relu) => [
    node(`conv${suffix}`, "conv", { maps, kernel: [kernel, kernel], stride: [stride, stride], pad: [pad, pad], no_bias: true }),
    node(`bn${suffix}`, "bn"),
    ...(relu ? [node(`relu${suffix}`, "relu")] : []),
  ];

  // The blocks that have a word of their own, as series, sums and concatenations.
  function expand(layer, channels) {
    const one = (name, maps, kernel) => node(name, "series", {}, [
      node("conv", "conv", { maps, kernel: [kernel, kernel], pad: [(kernel - 1) / 2, (kernel - 1) / 2] }),
      node("relu", "relu"),
    ]);
    if (layer.kind === "inception") {
      const pool = node("pool", "max_pool", { kernel: [3, 3], stride: [1, 1], pad: [1, 1] });
      return node(layer.name, "concat", {}, [
        one("branch1x1", layer.conv1x1, 1),
        node("branch3x3", "series", {}, [one("reduce", layer.reduce3x3, 1), one("conv", layer.conv3x3, 3)]),
        node("branch5x5", "series", {}, [one("reduce", layer.reduce5x5, 1), one("conv", layer.conv5x5, 5)]),
        node("pool_proj", "series", {}, [pool, one("conv", layer.pool_proj, 1)]),
      ]);
    }
    const stride = layer.stride ?? [1, 1];
    if (stride[0] !== stride[1]) throw new Problem("the stride of a residual block must be one number", layer.line);
    const maps = layer.kind === "residual" ? layer.maps : 4 * layer.maps;
    const body = layer.kind === "residual"
      ? [...unit(1, maps, 3, stride[0], 1, true), ...unit(2, maps, 3, 1, 1, false)]
      : [...unit(1, layer.maps, 1, stride[0], 0, true), ...unit(2, layer.maps, 3, 1, 1, true), ...unit(3, maps, 1, 1, 0, false)];
    const same = stride[0] === 1 && channels === maps;
    const shortcut = same ? node("shortcut", "identity") : node("shortcut", "series", {}, unit("", maps, 1, stride[0], 0, false));
    return node(layer.name, "series", {}, [
      node("sum", "sum", {}, [node("body", "series", {}, body), shortcut]),
      node("relu", "relu"),
    ]);
  }

  // One layer: appends its rows to `result` and returns what follows: {shape, seen}.
  function run(layer, state, path, result) {
    const name = path ? `${path}.${layer.name}` : layer.name;
    const row = (more) => {
      const [field, jump] = later(more.seen.vertical, more.seen.horizontal);
      const bytes = more.fresh === false ? 0 : 4 * product(more.shape);
      result.rows.push({ line: layer.line, name, kind: KINDS[layer.kind].torch, params: 0, macs: 0, bytes, field, jump, ...more });
      return { shape: more.shape, seen: more.seen, map: more.map === undefined ? map : more.map };
    };
    const { shape, seen, map } = state; // map: the sides that a flattened map had
    const isMap = shape.length === 3;
    const needMap = () => {
      if (!isMap) throw new Problem(`${layer.kind} needs maps, but a fully connected layer or flatten came before`, layer.line);
    };

    switch (layer.kind) {
      case "series":
        return layer.children.reduce((now, child) => run(child, now, name, result), state);
      case "inception":
      case "residual":
      case "bottleneck": {
        needMap();
        const withLine = (tree) => ({ ...tree, line: layer.line, children: tree.children.map(withLine) });
        return run(withLine(expand(layer, shape[0])), state, path, result);
      }
      case "sum":
      case "concat":
        return join(layer, state, name, result, row);
      case "conv":
      case "max_pool":
      case "avg_pool": {
        needMap();
        const kernel = layer.kernel, pad = layer.pad ?? [0, 0];
        const stride = layer.stride ?? (layer.kind === "conv" ? [1, 1] : kernel);
        if (layer.kind !== "conv" && pad.some((p, side) => 2 * p > kernel[side])) {
          throw new Problem(`a pooling's padding may be at most half its window; given ${short(pad)} with ${short(kernel)}`, layer.line);
        }
        const notes = [];
        const sides = [0, 1].map((s) => positions(shape[s + 1], kernel[s], stride[s], pad[s], layer.ceil, layer, notes));
        result.notes.push(...(notes.length === 2 && notes[0].text === notes[1].text ? [notes[0]] : notes).map((n) => ({ ...n, name })));
        const after = sees(seen, kernel, stride);
        const window = { kernel: short(kernel), stride: short(stride), padding: short(pad) };
        if (layer.kind !== "conv") return row({ ...window, shape: [shape[0], ...sides], seen: after });
        const groups = layer.groups ?? 1;
        if (shape[0] % groups || layer.maps % groups) {
          throw new Problem(`${groups} groups must divide the ${shape[0]} maps that come in and the ${layer.maps} that go out`, layer.line);
        }
        const weights = (product(kernel) * shape[0] / groups) * layer.maps;
        const params = weights + (layer.no_bias ? 0 : layer.maps);
        return row({ ...window, shape: [layer.maps, ...sides], seen: after, params, macs: weights * product(sides) });
      }
      case "global_pool":
        needMap();
        return row({ shape: [shape[0], 1, 1], seen: sees(seen, shape.slice(1), shape.slice(1)) });
      case "flatten":
        return row({ shape: [product(shape)], seen, fresh: false, map: isMap ? shape.slice(1) : map });
      case "fc": {
        const inputs = product(shape); // maps are flattened first
        const macs = inputs * layer.maps;
        const whole = isMap ? shape.slice(1) : map;
        const after = whole ? sees(seen, whole, whole) : seen; // all places of the map
        return row({ shape: [layer.maps], seen: after, map: null, params: macs + (layer.no_bias ? 0 : layer.maps), macs });
      }
      case "bn":
        needMap();
        return row({ shape, seen, params: 2 * shape[0] });
      case "zero_maps":
        needMap();
        return row({ shape: [shape[0] + layer.maps, ...shape.slice(1)], seen });
      case "zero_edge": // on the right and below
        needMap();
        return row({ shape: [shape[0], ...shape.slice(1).map((side) => side + layer.lines)], seen });
      case "lrn":
      case "tower_lrn":
        needMap();
        return row({ shape, seen });
      case "relu":
        return row({ shape, seen, fresh: Boolean(layer.copy) }); // in place unless told otherwise
      case "dropout":
        return row({ shape, seen, fresh: false }); // does nothing in evaluation
      case "identity":
        return state;
      default:
        return row({ shape, seen });
    }
  }

  // Branches that see the same input, added or joined along the channels.
  function join(layer, state, name, result, row) {
    if (layer.children.length < 2) {
      throw new Problem(`a ${layer.kind} needs at least two branches, indented below it`, layer.line);
    }
    const ends = layer.children.map((child) => run(child, state, name, result));
    const shapes = ends.map((end) => end.shape);
    const fits = shapes.every((s) => s.length === 3 && (layer.kind === "concat" ? s.slice(1) : s).join() ===
      (layer.kind === "concat" ? shapes[0].slice(1) : shapes[0]).join());
    if (!fits) {
      const given = layer.children.map((child, index) => `${child.name} ${shapes[index].join("×")}`).join(", ");
      const need = layer.kind === "concat" ? "equal height and width" : "equal shapes";
      throw new Problem(`the branches of a ${layer.kind} need ${need}; they give ${given}`, layer.line);
    }
    const both = (a, b) => ({
      vertical: later(a.vertical, b.vertical),
      horizontal: later(a.horizontal, b.horizontal),
    });
    if (layer.kind === "concat") {
      const maps = shapes.reduce((sum, s) => sum + s[0], 0);
      const seen = ends.map((end) => end.seen).reduce(both);
      return row({ name: `${name}.cat`, kind: "cat", shape: [maps, ...shapes[0].slice(1)], seen });
    }
    return ends.reduce((sum, end, number) => {
      const suffix = number > 1 ? `_${number}` : "";
      return row({ name: `${name}.add${suffix}`, kind: "add", shape: shapes[0], seen: both(sum.seen, end.seen) });
    });
  }

  // All rows up to the first problem. `result.problem` is that problem, or null.
  function evaluate(text, side = null) {
    const result = { rows: [], notes: [], problem: null, input: null, output: null };
    try {
      const { input, layers } = parse(text);
      result.input = side === null ? input : [input[0], side, side];
      const start = { shape: result.input, seen: { vertical: [1, 1], horizontal: [1, 1] } };
      result.output = layers.reduce((state, layer) => run(layer, state, "", result), start).shape;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      result.problem = error;
    }
    return result;
  }

  // The smallest square image that reaches the last layer, or null where no size up to 4096 does.
  function smallestInput(text) {
    const fits = (side) => evaluate(text, side).problem === null;
    let high = 1;
    while (!fits(high)) {
      high *= 2;
      if (high > 4096) return null;
    }
    let low = Math.floor(high / 2);
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (fits(middle)) high = middle;
      else low = middle;
    }
    return high;
  }

  return { evaluate, smallestInput };
})();
