// The explorer's notation: text to a tree of layers. `stack.py` writes it, readers do too.
// Sets `window.explorerNotation`; a plain script, since a page opened from a file may load no modules.
window.explorerNotation = (() => {
  "use strict";

  const { Problem, plain, fromPytorch } = window.explorerSpelling;

  // Kinds of layers: the name that PyTorch gives them, the numbers that follow the kind, the options it may have.
  // `block`: its parts are the lines indented below it. `word`: it stands for several layers (blocks.js).
  const KINDS = {
    conv: { torch: "Conv2d", numbers: ["channels", "kernel"], options: ["stride", "pad", "dilation", "groups", "no_bias"] },
    max_pool: { torch: "MaxPool2d", numbers: ["kernel"], options: ["stride", "pad", "ceil"] },
    avg_pool: { torch: "AvgPool2d", numbers: ["kernel"], options: ["stride", "pad", "ceil"] },
    global_pool: { torch: "AdaptiveAvgPool2d", numbers: [], options: [] },
    fc: { torch: "Linear", numbers: ["units"], options: ["no_bias"] },
    bn: { torch: "BatchNorm2d", numbers: [], options: [] },
    relu: { torch: "ReLU", numbers: [], options: ["copy"] },
    sigmoid: { torch: "Sigmoid", numbers: [], options: [] },
    tanh: { torch: "Tanh", numbers: [], options: [] },
    softmax: { torch: "Softmax", numbers: [], options: [] },
    lrn: { torch: "LocalResponseNorm", numbers: [], options: [] },
    tower_lrn: { torch: "TowerNorm", numbers: [], options: [] },
    dropout: { torch: "Dropout", numbers: ["probability"], options: [] },
    flatten: { torch: "Flatten", numbers: [], options: [] },
    identity: { torch: "Identity", numbers: [], options: [] },
    zero_channels: { torch: "ZeroPad3d", numbers: ["channels"], options: [] },
    zero_edge: { torch: "ZeroPad2d", numbers: ["lines"], options: [] },
    series: { block: true, numbers: [], options: [] },
    sum: { block: true, numbers: [], options: [] },
    concat: { block: true, numbers: [], options: [] },
    conv_relu: { word: true, numbers: ["channels", "kernel"], options: ["stride", "pad", "groups"] },
    conv_bn_relu: { word: true, numbers: ["channels", "kernel"], options: ["stride", "pad", "groups"] },
    inception: {
      word: true,
      numbers: ["conv1x1", "reduce3x3", "conv3x3", "reduce5x5", "conv5x5", "pool_proj"],
      options: [],
    },
    residual: { word: true, numbers: ["channels"], options: ["stride", "shortcut"] },
    bottleneck: { word: true, numbers: ["channels"], options: ["stride", "stride_in", "width", "groups"] },
    plain: { word: true, numbers: ["channels"], options: ["stride"] },
    wide: { word: true, numbers: ["channels"], options: ["stride"] },
    preact: { word: true, numbers: ["channels"], options: ["stride", "first"] },
    preact_bottleneck: { word: true, numbers: ["channels"], options: ["stride", "first"] },
    dense_layer: { word: true, numbers: ["channels"], options: ["bottleneck"] },
    fire: { word: true, numbers: ["squeeze1x1", "expand1x1", "expand3x3"], options: ["bypass"] },
  };
  const FLAGS = ["no_bias", "ceil", "copy", "first", "bottleneck", "bypass"];
  const PAIRS = ["kernel", "stride", "pad", "dilation", "stride_in"];
  const MOST_REPEATS = 500;

  function readNumber(word, what, least, line) {
    const given = word === undefined ? "nothing" : `“${word}”`;
    if (what === "shortcut") {
      if (/^[ab]$/i.test(word ?? "")) return word.toUpperCase();
      throw new Problem(`shortcut must be A (zeros for new channels) or B (a 1x1 convolution); given ${given}`, line);
    }
    if (what === "probability") {
      if (word === undefined || (Number(word) >= 0 && Number(word) <= 1)) return word;
      throw new Problem(`a dropout's probability lies between 0 and 1; given ${given}`, line);
    }
    const parts = String(word ?? "").split("x");
    const pair = PAIRS.includes(what);
    if (parts.length > (pair ? 2 : 1) || !parts.every((part) => /^\d{1,6}$/.test(part) && Number(part) >= least)) {
      const form = pair ? `a whole number of at least ${least}, or two such as 1x7` : `a whole number of at least ${least}`;
      throw new Problem(`${what} must be ${form}; given ${given}`, line);
    }
    const numbers = parts.map(Number);
    return pair ? [numbers[0], numbers.at(-1)] : numbers[0];
  }

  // "same": as much padding as keeps the size at stride 1.
  function padSame({ kernel, dilation = [1, 1] }, line) {
    if (kernel.some((side, s) => (dilation[s] * (side - 1)) % 2)) {
      throw new Problem("pad same needs a window with odd sides, such as 3x3", line);
    }
    return kernel.map((side, s) => (dilation[s] * (side - 1)) / 2);
  }

  function readLayer(text, line) {
    const match = /^(?:([\w.-]+):)?\s*(.*)$/.exec(text);
    const [kind, ...words] = match[2].split(/[\s,]+/).filter(Boolean);
    if (!Object.hasOwn(KINDS, kind ?? "")) {
      const near = Object.keys(KINDS).filter((known) => kind && (known.startsWith(kind.slice(0, 3)) || kind.startsWith(known)));
      const advice = near.length ? `did you mean ${near.join(" or ")}?` : "“How to write a stack” lists the kinds";
      throw new Problem(`“${kind ?? text}” is no kind of layer; ${advice}`, line);
    }
    const known = KINDS[kind];
    const layer = { line, name: match[1], kind, children: [] };
    const times = words.findIndex((word) => /^x\d+$/.test(word));
    if (times >= 0) layer.repeat = readNumber(words.splice(times, 1)[0].slice(1), "the number of repeats", 1, line);
    if (layer.repeat > MOST_REPEATS) throw new Problem(`at most ${MOST_REPEATS} repeats; given ${layer.repeat}`, line);
    // "3x3 64" is "64 3x3".
    if (known.numbers[1] === "kernel" && /x/.test(words[0] ?? "") && /^\d+$/.test(words[1] ?? "")) words.unshift(...words.splice(1, 1));
    for (const what of known.numbers) layer[what] = readNumber(words.shift(), what, 1, line);
    let same = false;
    while (words.length) {
      const option = words.shift();
      if (!known.options.includes(option)) {
        const allowed = known.options.length ? `its options are ${known.options.join(", ")}` : "it has no options";
        throw new Problem(`“${option}” is no option of ${kind}; ${allowed}`, line);
      }
      if (option === "pad" && ["same", "valid"].includes(words[0])) same = words.shift() === "same";
      else layer[option] = FLAGS.includes(option) || readNumber(words.shift(), option, option === "pad" ? 0 : 1, line);
    }
    if (same) layer.pad = padSame(layer, line);
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
      if (content.includes("\t")) throw new Problem("indent with spaces, not with tabs", line);
      if (input === null) {
        const match = /^input:?\s+(\d{1,5})x(\d{1,5})x(\d{1,5})$/.exec(plain(content).trim());
        if (!match || match.slice(1).some((side) => Number(side) < 1)) {
          throw new Problem("the first line must give the image: input channels x height x width, such as input 3x224x224", line);
        }
        input = match.slice(1).map(Number);
        return;
      }
      const indent = /^ */.exec(content)[0].length;
      while (open.at(-1).depth >= indent) open.pop();
      const parent = open.at(-1);
      if (parent !== top && !KINDS[parent.kind].block) {
        throw new Problem(`this line is indented, but a ${parent.kind} has nothing inside; only series, sum and concat have`, line);
      }
      const torch = fromPytorch(content.trim(), line);
      const layer = { ...readLayer(torch ? torch.text : plain(content).trim(), line), expects: torch?.expects, depth: indent };
      const number = parent.children.filter((child) => child.kind === layer.kind).length + 1;
      layer.name ??= `${layer.kind}${number}`;
      parent.children.push(layer);
      open.push(layer);
    });
    if (input === null) throw new Problem("nothing to compute: the first line must be such as input 3x224x224", 1);
    return { input, layers: top.children };
  }

  return { KINDS, FLAGS, Problem, parse };
})();
