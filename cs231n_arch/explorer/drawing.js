// The net to scale, and a layer's receptive field on the image, in SVG. Sets `window.explorerDrawing`.
window.explorerDrawing = (() => {
  "use strict";

  const SVG = Object.assign(document.createElement("p"), { innerHTML: "<svg></svg>" }).firstChild.namespaceURI;
  const TALL = 110; // the largest side of a map
  const DEPTH = 0.3; // how much of the other side is seen
  const WIDE = 640;
  const GAP = 4;
  const SLIM = 0.5; // a channel is at most so wide, in pixels of the image

  function element(tag, attributes, text) {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // The rows that are drawn: those that change the size or have weights.
  const drawn = (rows) => rows.filter((row) => row.isBlock || row.window || row.macs || row.kind === "AdaptiveAvgPool2d");

  // One scale for all nets that are shown: pixels for a side and for a channel.
  function scale(results) {
    const nets = results.map(({ input, rows }) => [{ shape: input }, ...drawn(rows)]);
    const side = TALL / Math.max(...nets.flat().flatMap(({ shape }) => (shape.length === 3 ? shape.slice(1) : [1])));
    const room = (boxes) => {
      const maps = boxes.filter(({ shape }) => shape.length === 3);
      const rest = boxes.length * GAP + maps.reduce((sum, { shape }) => sum + DEPTH * side * shape[2], 0);
      return (WIDE - rest - 20) / Math.max(1, maps.reduce((sum, { shape }) => sum + shape[0], 0));
    };
    const channel = Math.min(SLIM * side, ...nets.map(room));
    return { side, channel: Math.max(channel, 0.004) };
  }

  function box(x, shape, { side, channel }) {
    const isMap = shape.length === 3;
    const height = isMap ? Math.max(2, side * shape[1]) : TALL * Math.min(1, Math.log10(1 + shape[0]) / 4);
    const width = isMap ? Math.max(1.2, channel * shape[0]) : 4;
    const depth = isMap ? DEPTH * side * shape[2] : 0;
    const y = 30 + TALL / 2 - height / 2 + (DEPTH * TALL) / 2;
    const points = (...list) => list.map(([a, b]) => `${a.toFixed(1)},${b.toFixed(1)}`).join(" ");
    const parts = [element("rect", { x: x.toFixed(1), y: y.toFixed(1), width: width.toFixed(1), height: height.toFixed(1) })];
    if (depth > 1) {
      const lift = depth * 0.6;
      parts.push(
        element("polygon", { points: points([x, y], [x + depth, y - lift], [x + width + depth, y - lift], [x + width, y]), class: "explorer-top" }),
        element("polygon", {
          points: points([x + width, y], [x + width + depth, y - lift], [x + width + depth, y - lift + height], [x + width, y + height]),
          class: "explorer-side",
        }),
      );
    }
    return { parts, step: width + depth + GAP, middle: x + width / 2, bottom: y + height };
  }

  // `name`: of the net, for those who do not see it.
  function net({ input, rows }, chosen, size, name) {
    const boxes = [{ name: "input", shape: input, kind: "image" }, ...drawn(rows)];
    const group = element("g", {});
    let x = 16, labelled = -40, before = "";
    for (const row of boxes) {
      const { parts, step, middle, bottom } = box(x, row.shape, size);
      const one = element("g", { "data-name": row.name, class: row.name === chosen ? "explorer-chosen" : "explorer-map" });
      one.append(element("title", {}, `${row.name}: ${row.shape.join(" × ")}`), ...parts);
      group.append(one);
      const label = row.shape.length === 3 ? `${row.shape[1]}²` : String(row.shape[0]);
      const text = row.shape[1] === row.shape[2] || row.shape.length === 1 ? label : `${row.shape[1]}×${row.shape[2]}`;
      if (text !== before && middle - labelled > 26) {
        group.append(element("text", { x: middle.toFixed(1), y: (bottom + 13).toFixed(1), "text-anchor": "middle" }, text));
        [labelled, before] = [middle, text];
      }
      x += step;
    }
    const svg = element("svg", { viewBox: `0 0 ${Math.max(WIDE, Math.ceil(x) + 10)} ${TALL + 75}`, role: "img" });
    const last = boxes.at(-1).shape.join(" × ");
    svg.setAttribute("aria-label", `${name}, to scale: from ${input.join(" × ")} in ${boxes.length - 1} boxes to ${last}`);
    svg.append(group);
    return svg;
  }

  // The part of the image that one unit sees, in the middle of the image.
  function field(image, pixels) {
    const [, height, width] = image;
    const most = Math.max(height, width);
    const unit = 100 / most;
    const svg = element("svg", { viewBox: "-25 -25 150 150", role: "img", class: "explorer-field" });
    svg.setAttribute("aria-label", `The receptive field, ${pixels} × ${pixels} pixels, on the image of ${height} × ${width}`);
    const shown = Math.max(1, pixels * unit);
    const middle = [(unit * width) / 2, (unit * height) / 2];
    svg.append(
      element("rect", { x: 0, y: 0, width: unit * width, height: unit * height, class: "explorer-image" }),
      element("rect", {
        x: (middle[0] - shown / 2).toFixed(1), y: (middle[1] - shown / 2).toFixed(1),
        width: shown.toFixed(1), height: shown.toFixed(1), class: "explorer-sees",
      }),
    );
    return svg;
  }

  return { net, scale, field };
})();
