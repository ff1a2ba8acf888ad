// The explorer's notation: text to a tree of layers. `stack.py` writes it, readers do too.
// Sets `window.explorerNotation`; a plain script, since a page opened from a file may load no modules.
window.explorerNotation = (() => {
  "use strict";

  class Problem extends Error {
    constructor(message, line, tooSmall = false) {
      super(message);
      Object.assign(this, { line, tooSmall });
    }
  }

  // Kinds of layers: the name that PyTorch gives them, the numbers that follow the kind, the options it may have.
  const KINDS = {
    conv: { torch: "Conv2d", numbers: ["maps", "kernel"], options: ["stride", "pad", "groups", "no_bias"] },
    max_pool: { torch: "MaxPool2d", numbers: ["kernel"], options: ["stride", "pad", "ceil"] },
    avg_pool: { torch: "AvgPool2d", numbers: ["kernel"], options: ["stride", "pad", "ceil"] },
    global_pool: { torch: "AdaptiveAvgPool2d", numbers: [], options: [] },
    fc: { torch: "Linear", numbers: ["maps"], options: ["no_bias"] },
    bn: { torch: "BatchNorm2d", numbers: [], options: [] },
    relu: { torch: "ReLU", numbers: [], options: ["copy"] },
    tanh: { torch: "Tanh", numbers: [], options: [] },
    lrn: { torch: "LocalResponseNorm", numbers: [], options: [] },
    tower_lrn: { torch: "TowerNorm", numbers: [], options: [] },
    dropout: { torch: "Dropout", numbers: [], options: [] },
    flatten: { torch: "Flatten", numbers: [], options: [] },
    identity: { torch: "Identity", numbers: [], options: [] },
    zero_maps: { torch: "ZeroPad3d", numbers: ["maps"], options: [] },
    zero_edge: { torch: "ZeroPad2d", numbers: ["lines"], options: [] },
    series: { block: true, numbers: [], options: [] },
    sum: { block: true, numbers: [], options: [] },
    concat: { block: true, numbers: [], options: [] },
    inception: {
      numbers: ["conv1x1", "reduce3x3", "conv3x3", "reduce5x5", "conv5x5", "pool_proj"],
      options: [],
    },
    residual: { numbers: ["maps"], options: ["stride"] },
    bottleneck: { numbers: ["maps"], options: ["stride"] },
  };
  const FLAGS = ["no_bias", "ceil", "copy"];
  const PAIRS = ["kernel", "stride", "pad"];

  function readNumber(word, what, least, line) {
    const parts = String(word ?? "").split("x");
    const pair = PAIRS.includes(what);
    if (parts.length > (pair ? 2 : 1) || !parts.every((part) => /^\d{1,6}$/.test(part) && Number(part) >= least)) {
      const form = pair ? `a whole number of at least ${least}, or two such as 1x7` : `a whole number of at least ${least}`;
      throw new Problem(`${what} must be ${form}; given ${word === undefined ? "nothing" : `“${word}”`}`, line);
    }
    const numbers = parts.map(Number);
    return pair ? [numbers[0], numbers.at(-1)] : numbers[0];
  }

  function readLayer(text, line) {
    const match = /^(?:([\w.-]+):)?\s*(.*)$/.exec(text);
    const [kind, ...words] = match[2].split(/[\s,]+/).filter(Boolean);
    const known = KINDS[kind];
    if (!Object.hasOwn(KINDS, kind ?? "")) {
      throw new Problem(`“${kind ?? text}” is no kind of layer; the kinds are ${Object.keys(KINDS).join(", ")}`, line);
    }
    const layer = { line, name: match[1], kind, children: [] };
    for (const what of known.numbers) layer[what] = readNumber(words.shift(), what, 1, line);
    while (words.length) {
      const option = words.shift();
      if (!known.options.includes(option)) {
        const allowed = known.options.length ? `its options are ${known.options.join(", ")}` : "it has no options";
        throw new Problem(`“${option}” is no option of ${kind}; ${allowed}`, line);
      }
      layer[option] = FLAGS.includes(option) || readNumber(words.shift(), option, option === "pad" ? 0 : 1, line);
    }
    return layer;
  }

  // Text to a tree: {input: [channels, height, width], layers: [...]}. Indented lines are inside the line above them.
  function parse(text) {
    let input = null;
    const top = { children: [], kind: "series", depth: -1 };
    const open = [top];
    text.split("\n").forEach((raw, index) => {
      const line = index + 1;
      const content = raw.replace(/#.*/, "").trimEnd();
      if (!content.trim()) return;
      if (input === null) {
        const match = /^\s*input\s+(\d{1,5})x(\d{1,5})x(\d{1,5})$/.exec(content);
        if (!match || match.slice(1).some((side) => Number(side) < 1)) {
          throw new Problem("the first line must give the image: input channels x height x width, such as input 3x224x224", line);
        }
        input = match.slice(1).map(Number);
        return;
      }
      const indent = /^ */.exec(content)[0].length;
      if (content.includes("\t")) throw new Problem("indent with spaces, not with tabs", line);
      while (open.at(-1).depth >= indent) open.pop();
      const parent = open.at(-1);
      if (parent !== top && !KINDS[parent.kind].block) {
        throw new Problem(`this line is indented, but a ${parent.kind} has nothing inside; only series, sum and concat have`, line);
      }
      const layer = { ...readLayer(content.trim(), line), depth: indent };
      const same = parent.children.filter((child) => child.kind === layer.kind).length + 1;
      layer.name ??= `${layer.kind}${same}`;
      parent.children.push(layer);
      open.push(layer);
    });
    if (input === null) throw new Problem("nothing to compute: the first line must be such as input 3x224x224", 1);
    return { input, layers: top.children };
  }

  return { KINDS, Problem, parse };
})();
