// The formulas of one layer with its own numbers. Sets `window.explorerFormulas`.
window.explorerFormulas = (() => {
  "use strict";

  const whole = (number) => number.toLocaleString("en-US");
  const times = (numbers) => numbers.map(whole).join("·");

  function size(row, s) {
    const { kernel, stride, pad, dilation } = row.window;
    const reach = dilation[s] === 1 ? String(kernel[s]) : `(${dilation[s]}·(${kernel[s]} − 1) + 1)`;
    const [left, right] = row.layer.ceil ? ["⌈", "⌉"] : ["⌊", "⌋"];
    return `${left}(${row.from[s + 1]} + 2·${pad[s]} − ${reach}) / ${stride[s]}${right} + 1 = ${row.shape[s + 1]}`;
  }

  function parameters(row) {
    const { layer, from } = row;
    if (layer.kind === "conv") {
      const groups = layer.groups ?? 1;
      const inputs = groups === 1 ? whole(from[0]) : `(${whole(from[0])}/${groups})`;
      const bias = layer.no_bias ? "" : ` + ${whole(layer.channels)}`;
      return `${times(layer.kernel)}·${inputs}·${whole(layer.channels)}${bias} = ${whole(row.params)}`;
    }
    if (layer.kind === "fc") return `${times(from)}·${whole(layer.units)}${layer.no_bias ? "" : ` + ${whole(layer.units)}`} = ${whole(row.params)}`;
    if (layer.kind === "bn") return `2·${whole(from[0])} = ${whole(row.params)} (a scale and a shift for each channel)`;
    return "none";
  }

  function operations(row) {
    const { layer, from } = row;
    if (layer.kind === "conv") {
      const inputs = (layer.groups ?? 1) === 1 ? whole(from[0]) : `(${whole(from[0])}/${layer.groups})`;
      return `${times(layer.kernel)}·${inputs}·${whole(layer.channels)} weights, each at ${times(row.shape.slice(1))} places = ${whole(row.macs)}`;
    }
    if (layer.kind === "fc") return `${times(from)}·${whole(layer.units)} = ${whole(row.macs)}`;
    return "none";
  }

  function seen(row) {
    const [field, jump] = row.saw;
    if (!row.window) return `${whole(field)} before, ${whole(row.field)} after`;
    const { kernel, stride, dilation } = row.window;
    const s = kernel[0] >= kernel[1] ? 0 : 1;
    const reach = dilation[s] * (kernel[s] - 1) + 1;
    return `${whole(field)} + (${reach} − 1)·${whole(jump)} = ${whole(row.field)}; jump ${whole(jump)}·${stride[s]} = ${whole(row.jump)}`;
  }

  // [what, formula] of a layer, or of a block the parameters of each layer in it.
  function of(row, inside) {
    if (row.isBlock) {
      return [
        ...inside.filter((part) => part.params).map((part) => [part.name.slice(row.name.length + 1), parameters(part)]),
        ["Parameters in all", whole(row.params)],
        ["MACs in all", whole(row.macs)],
      ];
    }
    const sizes = row.window ? [size(row, 0), size(row, 1)] : [];
    const told = sizes[0] === sizes[1] ? sizes.slice(0, 1) : sizes.map((text, s) => `${s ? "width" : "height"} ${text}`);
    return [
      ...(sizes.length ? [["Size", told.join("; ")]] : []),
      ["Output", `${row.shape.map(whole).join(" × ")} from ${row.from.map(whole).join(" × ")}`],
      ["Parameters", parameters(row)],
      ["MACs", operations(row)],
      ["Activations", row.bytes ? `4·${times(row.shape)} = ${whole(row.bytes)} bytes` : "none: it works in place or does nothing"],
      ["Receptive field", seen(row)],
    ];
  }

  return { of };
})();
