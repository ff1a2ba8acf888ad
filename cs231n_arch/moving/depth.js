// Plain and residual nets of several depths: their recorded errors by epoch, with a slider for the depth.
(() => {
  "use strict";

  const { begin, made, bar, choice, slider, play } = window.movingParts;
  const HIGH = 240, LEFT = 46, TOP = 14; // pixels of the drawing
  const KINDS = [["plain", "moving-first"], ["ResNet", "moving-second"]];

  // A chart with its axes: `x` and `y` give the place of a value.
  function chart(wide, ticks, title) {
    const low = Math.min(...ticks), high = Math.max(...ticks);
    const x = (value) => LEFT + ((value - low) / (high - low)) * (wide - LEFT - 16);
    const y = (percent) => TOP + HIGH * (1 - percent / 100);
    const lines = [0, 25, 50, 75, 100].map((value) =>
      `<path class="${value ? "moving-grid" : "moving-axis"}" d="M${x(low)} ${y(value)}H${x(high)}"/>` +
      `<text x="${x(low) - 8}" y="${y(value) + 4}" text-anchor="end">${value}</text>`);
    const below = ticks.map((value) => `<text x="${x(value)}" y="${y(0) + 18}" text-anchor="middle">${value}</text>`);
    const name = `<text x="${(x(low) + x(high)) / 2}" y="${y(0) + 38}" text-anchor="middle">${title}</text>`;
    return { x, y, axes: lines.join("") + below.join("") + name };
  }

  const path = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

  function start() {
    const begun = begin("depth");
    if (!begun) return;
    const { live, data } = begun;
    const depths = data.depths, epochs = data.epochs;
    const metric = choice("Error on", Object.keys(data.errors), Object.keys(data.errors)[0], draw);
    metric.field.id = "moving-depth-metric";
    const depth = slider("Depth", depths.length - 1, draw);
    depth.field.id = "moving-depth-depth";
    const playing = play(depth.field, 1500);
    const drawing = made("div", { class: "moving-panels" });
    const told = made("p", { class: "moving-told", id: "moving-depth-told" });
    live.append(bar(depth.label, playing.button, metric.label), drawing, told);

    function draw() {
      const at = Number(depth.field.value), layers = depths[at], errors = data.errors[metric.field.value];
      const curves = chart(350, epochs, "epoch"), ends = chart(250, depths, "layers");
      const left = [curves.axes], right = [ends.axes];
      for (const [kind, look] of KINDS) {
        const { mean, least, most } = errors[kind][at];
        const along = (values) => values.map((value, i) => [curves.x(epochs[i]), curves.y(value)]);
        left.push(`<path class="${look} moving-band" d="${path([...along(most), ...along(least).reverse()])}Z"/>`);
        left.push(`<path class="${look}" d="${path(along(mean))}"/>`);
        const last = errors[kind].map((one, i) => [ends.x(depths[i]), ends.y(one.mean.at(-1))]);
        right.push(`<path class="${look}" d="${path(last)}"/>`);
        right.push(`<circle class="${look}" cx="${last[at][0].toFixed(1)}" cy="${last[at][1].toFixed(1)}" r="6"/>`);
        const row = KINDS.findIndex(([name]) => name === kind);
        left.push(`<path class="${look}" d="M220 ${24 + 18 * row}h30"/><text x="256" y="${28 + 18 * row}">${kind}-${layers}</text>`);
      }
      const svg = (wide, parts, name) =>
        `<div><p>${name} (%)</p><svg viewBox="0 0 ${wide} ${HIGH + TOP + 44}" width="${wide}" aria-hidden="true">${parts.join("")}</svg></div>`;
      drawing.innerHTML = svg(350, left, "Error by epoch") + svg(250, right, "Error at the end");
      const ended = KINDS.map(([kind]) => `${kind}-${layers} ${errors[kind][at].mean.at(-1).toFixed(1)} %`);
      const text = `${layers} layers, error on ${metric.field.value} after ${epochs.at(-1)} epochs: ${ended.join(", ")}.`;
      depth.field.setAttribute("aria-valuetext", `${layers} layers`);
      told.setAttribute("aria-live", playing.playing() ? "off" : "polite");
      told.textContent = text;
    }

    draw();
  }

  start();
})();
