// What can be known about a stack of layers without running it: sizes, parameters, operations, memory, receptive
// field. The same rules as cs231n_arch.anatomy, which the tests hold it against, layer by layer.
// Sets `window.explorerArithmetic`.
window.explorerArithmetic = (() => {
  "use strict";

  const { KINDS, Problem, parse } = window.explorerNotation;
  const { expand, repeat } = window.explorerBlocks;

  const product = (numbers) => numbers.reduce((a, b) => a * b, 1);
  const later = (a, b) => (a[0] > b[0] || (a[0] === b[0] && a[1] > b[1]) ? a : b);
  const short = (pair) => (pair[0] === pair[1] ? String(pair[0]) : `${pair[0]}, ${pair[1]}`);

  // Positions of a window along one side. Notes the rows of the image (not of its padding) that no window reaches.
  function positions(size, kernel, stride, pad, dilation, ceil, layer, notes) {
    const reach = dilation * (kernel - 1) + 1;
    const room = size + 2 * pad - reach;
    if (room < 0) {
      const smallest = Math.max(1, reach - 2 * pad);
      throw new Problem(
        `a window of ${reach} does not fit into ${size} with padding ${pad}; the smallest size that fits here is ${smallest}`,
        layer.line, true,
      );
    }
    const over = room % stride;
    const steps = Math.floor(room / stride);
    if (ceil && over > 0 && (steps + 1) * stride < size + pad) return steps + 2;
    const unseen = over - pad;
    if (unseen > 0 && reach >= stride) { // a smaller window leaves out pixels on purpose
      const lines = unseen === 1 ? "the last row or column is" : `the last ${unseen} rows or columns are`;
      notes.push({
        line: layer.line,
        text: `(${size} + 2·${pad} − ${reach}) / ${stride} = ${(room / stride).toFixed(2)} is no whole number and is rounded ` +
          `down: ${lines} never read. Sizes ${[size - over, size - over + stride].filter((s) => s > 0).join(" and ")} fit`,
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

  // One layer: appends its rows to `result` and returns what follows: {shape, seen}. `block`: the name and word of
  // the block that it is inside.
  function run(layer, state, path, result, block) {
    const name = path ? `${path}.${layer.name}` : layer.name;
    layer.from = state.shape; // for the code
    const { shape, seen, map } = state; // map: the sides that a flattened map had
    const isMap = shape.length === 3;
    const row = (more) => {
      const [field, jump] = later(more.seen.vertical, more.seen.horizontal);
      result.rows.push({
        line: layer.line, name, layer, from: shape, saw: later(seen.vertical, seen.horizontal),
        block: block ?? { name: name.split(".")[0], word: "series" },
        kind: KINDS[layer.kind].torch, params: 0, macs: 0, field, jump,
        bytes: more.fresh === false ? 0 : 4 * product(more.shape), ...more,
      });
      return { shape: more.shape, seen: more.seen, map: more.map === undefined ? map : more.map };
    };
    const needMap = () => {
      if (!isMap) {
        throw new Problem(`${layer.kind} needs a feature map, but a fully connected layer or flatten came before`, layer.line);
      }
    };
    const comes = layer.kind === "fc" ? product(shape) : shape[0];
    if (layer.expects !== undefined && layer.expects !== comes) {
      throw new Problem(`this layer is written for ${layer.expects} inputs, but ${comes} come in`, layer.line);
    }
    if (layer.repeat !== undefined || KINDS[layer.kind].word) {
      if (KINDS[layer.kind].word) needMap();
      layer.made = layer.repeat === undefined ? expand(layer, shape[0]) : repeat(layer); // kept for the code
      const inside = layer.repeat === undefined ? block ?? { name, word: layer.kind } : block;
      return run(layer.made, state, path, result, inside);
    }

    switch (layer.kind) {
      case "series":
        return layer.children.reduce((now, child) => run(child, now, name, result, block), state);
      case "sum":
      case "concat":
        return join(layer, state, name, result, row, block);
      case "conv":
      case "max_pool":
      case "avg_pool": {
        needMap();
        const kernel = layer.kernel, pad = layer.pad ?? [0, 0], dilation = layer.dilation ?? [1, 1];
        const stride = layer.stride ?? (layer.kind === "conv" ? [1, 1] : kernel);
        if (layer.kind !== "conv" && pad.some((p, side) => 2 * p > kernel[side])) {
          throw new Problem(`a pooling's padding may be at most half its window; given ${short(pad)} with ${short(kernel)}`, layer.line);
        }
        const notes = [];
        const sides = [0, 1].map((s) =>
          positions(shape[s + 1], kernel[s], stride[s], pad[s], dilation[s], layer.ceil, layer, notes));
        result.notes.push(...(notes.length === 2 && notes[0].text === notes[1].text ? [notes[0]] : notes).map((n) => ({ ...n, name })));
        const after = sees(seen, kernel.map((side, s) => dilation[s] * (side - 1) + 1), stride);
        const window = { window: { kernel, stride, pad, dilation }, kernel: short(kernel), stride: short(stride), padding: short(pad) };
        if (layer.kind !== "conv") return row({ ...window, shape: [shape[0], ...sides], seen: after });
        const groups = layer.groups ?? 1;
        if (shape[0] % groups || layer.channels % groups) {
          throw new Problem(
            `${groups} groups must divide the ${shape[0]} channels that come in and the ${layer.channels} that go out`, layer.line,
          );
        }
        const weights = (product(kernel) * shape[0] / groups) * layer.channels;
        const params = weights + (layer.no_bias ? 0 : layer.channels);
        return row({ ...window, shape: [layer.channels, ...sides], seen: after, params, macs: weights * product(sides) });
      }
      case "global_pool":
        needMap();
        return row({ shape: [shape[0], 1, 1], seen: sees(seen, shape.slice(1), shape.slice(1)) });
      case "flatten":
        return row({ shape: [product(shape)], seen, fresh: false, map: isMap ? shape.slice(1) : map });
      case "fc": {
        const macs = product(shape) * layer.units; // a map is flattened first
        const whole = isMap ? shape.slice(1) : map;
        const after = whole ? sees(seen, whole, whole) : seen; // all places of the map
        return row({ shape: [layer.units], seen: after, map: null, params: macs + (layer.no_bias ? 0 : layer.units), macs });
      }
      case "bn":
        needMap();
        return row({ shape, seen, params: 2 * shape[0] });
      case "zero_channels":
        needMap();
        return row({ shape: [shape[0] + layer.channels, ...shape.slice(1)], seen });
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
  function join(layer, state, name, result, row, block) {
    if (layer.children.length < 2) {
      throw new Problem(`a ${layer.kind} needs at least two branches, indented below it`, layer.line);
    }
    const ends = layer.children.map((child) => run(child, state, name, result, block));
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
      const channels = shapes.reduce((sum, s) => sum + s[0], 0);
      const seen = ends.map((end) => end.seen).reduce(both);
      return row({ name: `${name}.cat`, kind: "cat", shape: [channels, ...shapes[0].slice(1)], seen });
    }
    return ends.reduce((sum, end, number) => {
      const suffix = number > 1 ? `_${number}` : "";
      return row({ name: `${name}.add${suffix}`, kind: "add", shape: shapes[0], seen: both(sum.seen, end.seen) });
    });
  }

  // All rows up to the first problem. `result.problem` is that problem, or null.
  function evaluate(text, side = null) {
    const result = { rows: [], notes: [], problem: null, input: null, output: null, layers: [] };
    try {
      const { input, layers } = parse(text);
      result.input = side === null ? input : [input[0], side, side];
      result.layers = layers;
      const start = { shape: result.input, seen: { vertical: [1, 1], horizontal: [1, 1] } };
      result.output = layers.reduce((state, layer) => run(layer, state, "", result, null), start).shape;
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
