// The window that slides over an image with several channels. Sets `window.movingWindow`, whose functions are the
// arithmetic of the page; the tests hold them to PyTorch.
window.movingWindow = (() => {
  "use strict";

  const CELL = 22; // pixels
  const { begin, made, bar, choice, slider, play, number, whole } = window.movingParts;

  const span = ({ kernel, dilation }) => dilation * (kernel - 1) + 1;
  const outputSize = (size, given) => Math.floor((size + 2 * given.padding - span(given)) / given.stride) + 1;

  // The first channel that a filter sees, and how many: its group's.
  function seen(filter, filters, { channels, groups }) {
    const each = channels / groups;
    return { first: Math.floor((filter * groups) / filters) * each, each };
  }

  // Channel by channel the products of the window at (row, column): [pixel, weight], zero outside of the image.
  function products({ image, weights }, filter, row, column, given) {
    const { kernel, stride, padding, dilation } = given;
    const { first, each } = seen(filter, weights.length, given);
    return Array.from({ length: each }, (_, slice) => {
      const terms = [];
      for (let u = 0; u < kernel; u += 1) {
        for (let v = 0; v < kernel; v += 1) {
          const y = row * stride + u * dilation - padding, x = column * stride + v * dilation - padding;
          terms.push([image[first + slice][y]?.[x] ?? 0, weights[filter][slice][u][v]]);
        }
      }
      return { channel: first + slice, terms };
    });
  }

  const added = (list) => list.reduce((total, { terms }) => terms.reduce((sum, [x, w]) => sum + x * w, total), 0);

  // The feature map of one filter, row by row.
  function featureMap(data, filter, given) {
    const side = outputSize(data.image[0].length, given);
    const places = Array.from({ length: side }, (_, i) => i);
    return places.map((row) => places.map((column) => added(products(data, filter, row, column, given))));
  }

  function costs(filters, size, given) {
    const parameters = filters * (given.channels / given.groups) * given.kernel ** 2;
    return { parameters, macs: parameters * outputSize(size, given) ** 2 };
  }

  // A square of numbers; `look(row, column)` gives the class of a cell, `frame` a border [row, column, cells].
  function grid(rows, look, frame) {
    const side = rows.length * CELL + 4;
    const cells = rows.flatMap((values, i) => values.map((value, j) => {
      const [x, y] = [j * CELL + 2, i * CELL + 2];
      const text = `<text x="${x + CELL / 2}" y="${y + 15}" text-anchor="middle">${value === "" ? "" : number(value)}</text>`;
      return `<rect x="${x}" y="${y}" width="${CELL}" height="${CELL}" class="${look(i, j)}"/>${text}`;
    }));
    const [top, left, wide] = frame ?? [];
    const border = frame
      ? `<rect class="moving-frame" x="${left * CELL + 2}" y="${top * CELL + 2}" width="${wide * CELL}" height="${wide * CELL}"/>`
      : "";
    return `<svg viewBox="0 0 ${side} ${side}" width="${side}" height="${side}" aria-hidden="true">${cells.join("")}${border}</svg>`;
  }

  function panel(title, drawing) {
    const place = made("div", {}, made("p", {}, title));
    place.insertAdjacentHTML("beforeend", drawing);
    return place;
  }

  function start() {
    const begun = begin("window");
    if (!begun) return;
    const { live, data } = begun;
    const size = data.image[0].length, filters = data.weights.length;
    const fields = {
      channels: choice("Input channels", [1, 2, 4], 2, renew),
      groups: choice("Groups", [1, 2, 4], 1, renew),
      kernel: choice("Kernel", [1, 2, 3], 3, renew),
      stride: choice("Stride", [1, 2, 3], 1, renew),
      padding: choice("Padding", [0, 1, 2], 0, renew),
      dilation: choice("Dilation", [1, 2], 1, renew),
      filter: choice("Filter", [0, 1, 2, 3], 0, draw),
    };
    const place = slider("Position of the window", 1, draw);
    const playing = play(place.field, 700);
    const panels = made("div", { class: "moving-panels", id: "moving-window-panels" });
    const sum = made("p", { class: "moving-told", id: "moving-window-sum" });
    const facts = made("p", { class: "moving-told", id: "moving-window-facts" });
    for (const [name, { field }] of Object.entries(fields)) field.id = `moving-window-${name}`;
    place.field.id = "moving-window-place";
    live.append(bar(...Object.values(fields).map(({ label }) => label)), bar(place.label, playing.button), panels, sum, facts);

    const given = () => Object.fromEntries(Object.entries(fields).map(([name, { field }]) => [name, Number(field.value)]));

    function renew() {
      const channels = Number(fields.channels.field.value), groups = fields.groups.field;
      for (const option of groups.options) option.disabled = channels % option.value !== 0;
      if (channels % groups.value !== 0) groups.value = 1;
      place.field.max = outputSize(size, given()) ** 2 - 1;
      place.field.value = 0;
      draw();
    }

    function draw() {
      const now = given();
      const { padding: p, stride: s, kernel: k, dilation: d } = now;
      const side = outputSize(size, now), at = Number(place.field.value);
      const row = Math.floor(at / side), column = at % side;
      const list = products(data, now.filter, row, column, now);
      const padded = Array.from({ length: size + 2 * p }, (_, i) => i);
      const under = (i, first) => i >= first && i < first + span(now) && (i - first) % d === 0;
      const drawn = data.image.slice(0, now.channels).map((image, channel) => {
        const own = list.find((one) => one.channel === channel);
        const rows = padded.map((i) => padded.map((j) => image[i - p]?.[j - p] ?? 0));
        const look = (i, j) => {
          if (own && under(i, row * s) && under(j, column * s)) return "moving-on";
          return image[i - p]?.[j - p] === undefined ? "moving-outside" : "";
        };
        const inner = grid(rows, look, own && [row * s, column * s, span(now)]);
        const slice = data.weights[now.filter][channel - list[0].channel];
        const weights = own ? grid(slice.slice(0, k).map((line) => line.slice(0, k)), () => "moving-weight") : "";
        return panel(`channel ${channel}${own ? "" : ", not seen"}`, `${inner}<br>${weights}`);
      });
      const map = featureMap(data, now.filter, now);
      const known = map.map((values, i) => values.map((value, j) => (i * side + j <= at ? value : "")));
      drawn.push(panel(`feature map ${now.filter}`, grid(known, (i, j) => (i === row && j === column ? "moving-on" : ""))));
      panels.replaceChildren(...drawn);

      const lines = list.map(({ channel, terms }) => {
        const written = terms.map(([x, w]) => `${x}·${w < 0 ? `(${number(w)})` : w}`).join(" + ");
        return `Channel ${channel}: ${written} = ${number(added([{ terms }]))}`;
      });
      sum.setAttribute("aria-live", playing.playing() ? "off" : "polite");
      sum.textContent = [`Row ${row}, column ${column}:`, ...lines, `Sum: ${number(map[row][column])}`].join("\n");
      const { parameters, macs } = costs(filters, size, now);
      const inside = d === 1 ? k : `(${d}·(${k} − 1) + 1)`;
      place.field.setAttribute("aria-valuetext", `row ${row}, column ${column}`);
      facts.textContent =
        `Output size: ⌊(${size} + 2·${p} − ${inside}) / ${s}⌋ + 1 = ${side}. ` +
        `Weights of the ${filters} filters: ${filters} · ${now.channels / now.groups} · ${k}² = ${whole(parameters)}. ` +
        `MACs: ${whole(parameters)} · ${side}² = ${whole(macs)}.`;
    }

    renew();
  }

  start();
  return { outputSize, featureMap, products, costs };
})();
