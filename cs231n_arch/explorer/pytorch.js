// A stack as a program in PyTorch and as a table of comma-separated values. Sets `window.explorerPytorch`.
window.explorerPytorch = (() => {
  "use strict";

  const HEAD = `from collections import OrderedDict

import torch
from torch import nn


def series(**layers):
    return nn.Sequential(OrderedDict(layers))
`;
  const CLASSES = {
    Sum: `class Sum(nn.Module):
    def __init__(self, **branches):
        super().__init__()
        for name, branch in branches.items():
            self.add_module(name, branch)

    def forward(self, x):
        first, *others = (branch(x) for branch in self.children())
        for other in others:
            first = first + other
        return first
`,
    Concat: `class Concat(nn.Module):
    def __init__(self, **branches):
        super().__init__()
        for name, branch in branches.items():
            self.add_module(name, branch)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.children()], dim=1)
`,
    TowerNorm: `class TowerNorm(nn.LocalResponseNorm):  # in each half of the channels
    def forward(self, x):
        return torch.cat([super(TowerNorm, self).forward(half) for half in x.chunk(2, dim=1)], dim=1)
`,
  };

  const pair = ([a, b]) => (a === b ? String(a) : `(${a}, ${b})`);
  const option = (name, value, usual) => (value === undefined || pair(value) === usual ? "" : `, ${name}=${pair(value)}`);

  function leaf(layer) {
    const inputs = layer.from.reduce((a, b) => a * b, 1);
    const norm = "(5, alpha=5e-4, beta=0.75, k=2.0)";
    switch (layer.kind) {
      case "conv": {
        const groups = (layer.groups ?? 1) === 1 ? "" : `, groups=${layer.groups}`;
        return `nn.Conv2d(${layer.from[0]}, ${layer.channels}, kernel_size=${pair(layer.kernel)}${option("stride", layer.stride, "1")}` +
          `${option("padding", layer.pad, "0")}${option("dilation", layer.dilation, "1")}${groups}${layer.no_bias ? ", bias=False" : ""})`;
      }
      case "max_pool":
      case "avg_pool": {
        const name = layer.kind === "max_pool" ? "MaxPool2d" : "AvgPool2d";
        return `nn.${name}(kernel_size=${pair(layer.kernel)}${option("stride", layer.stride, pair(layer.kernel))}` +
          `${option("padding", layer.pad, "0")}${layer.ceil ? ", ceil_mode=True" : ""})`;
      }
      case "global_pool": return "nn.AdaptiveAvgPool2d(1)";
      case "fc": return `nn.Linear(${inputs}, ${layer.units}${layer.no_bias ? ", bias=False" : ""})`;
      case "bn": return `nn.BatchNorm2d(${layer.from[0]})`;
      case "relu": return layer.copy ? "nn.ReLU()" : "nn.ReLU(inplace=True)";
      case "sigmoid": return "nn.Sigmoid()";
      case "tanh": return "nn.Tanh()";
      case "softmax": return "nn.Softmax(dim=1)";
      case "dropout": return `nn.Dropout(${layer.probability ?? 0.5})`;
      case "flatten": return "nn.Flatten()";
      case "lrn": return `nn.LocalResponseNorm${norm}`;
      case "tower_lrn": return `TowerNorm${norm}`;
      case "zero_channels": return `nn.ZeroPad3d((0, 0, 0, 0, 0, ${layer.channels}))`;
      case "zero_edge": return `nn.ZeroPad2d((0, ${layer.lines}, 0, ${layer.lines}))`;
      default: return "nn.Identity()";
    }
  }

  const JOINS = { series: "series", sum: "Sum", concat: "Concat" };

  function expression(layer, indent) {
    if (layer.made) return expression(layer.made, indent);
    if (!JOINS[layer.kind]) return leaf(layer);
    return `${JOINS[layer.kind]}(\n${inside(layer.children, indent + 1)}${"    ".repeat(indent)})`;
  }

  // Names as Python's, each once; an input that is a map is flattened before a fully connected layer.
  function inside(layers, indent) {
    const used = new Set();
    const fresh = (wanted) => {
      let name = wanted.replace(/\W/g, "_").replace(/^(?=\d)/, "layer_");
      while (used.has(name)) name += "_";
      used.add(name);
      return name;
    };
    const lines = layers.flatMap((layer) => {
      const flat = layer.kind === "fc" && layer.from.length === 3 ? [`${fresh(`${layer.name}_flatten`)}=nn.Flatten()`] : [];
      return [...flat, `${fresh(layer.name)}=${expression(layer, indent)}`];
    });
    return lines.map((line) => `${"    ".repeat(indent)}${line},\n`).join("");
  }

  // A program that builds the net and prints the shape of its output.
  function code(result) {
    const net = `net = series(\n${inside(result.layers, 1)})\n`;
    const classes = Object.keys(CLASSES).filter((name) => net.includes(`=${name}(`)).map((name) => CLASSES[name]);
    const run = `net.eval()\nprint(net(torch.zeros(1, ${result.input.join(", ")})).shape)\n`;
    return [HEAD, ...classes].join("\n\n") + `\n\n${net}${run}`;
  }

  // The columns of `layer_table`.
  function csv(rows) {
    const head = "name,kind,kernel,stride,padding,output_shape,params,macs,activation_bytes,receptive_field,jump";
    const cell = (text) => (/,/.test(text) ? `"${text}"` : text);
    const line = (row) => [
      row.name, row.kind, row.kernel ?? "", row.stride ?? "", row.padding ?? "", row.shape.join("x"),
      row.params, row.macs, row.bytes, row.field, row.jump,
    ].map((value) => cell(String(value))).join(",");
    return `${[head, ...rows.map(line)].join("\n")}\n`;
  }

  return { code, csv };
})();
