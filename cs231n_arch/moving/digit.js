// LeNet on a digit that the reader draws. Sets `window.movingDigit`, whose functions are the arithmetic of the page;
// the tests hold them to PyTorch.
window.movingDigit = (() => {
  "use strict";

  const { begin, made, bar, choice } = window.movingParts;
  const SIDE = 32, BACKGROUND = -0.1, INK = 1.175; // what the net was trained on
  const PAD = 256, FINE = 8; // pixels of the drawing; of a cell while it is measured

  // An array of `count` whole numbers of one byte, of either sign.
  const bytes = (text) => Int8Array.from(atob(text), (letter) => letter.charCodeAt(0));

  // To the nearest whole number; from the middle of two to the even one, as PyTorch does.
  function rounded(value) {
    const up = Math.round(value);
    return up - value === 0.5 && up % 2 ? up - 1 : up;
  }

  // From the set's pixels (0 to 255) to the net's image: bilinear, then whole numbers as the library has them.
  function enlarged(cells) {
    const side = Math.sqrt(cells.length), values = new Float32Array(SIDE * SIDE);
    const between = (i) => {
      const at = Math.min(side - 1, Math.max(0, ((i + 0.5) * side) / SIDE - 0.5)), low = Math.floor(at);
      return [low, Math.min(low + 1, side - 1), at - low];
    };
    for (let i = 0; i < SIDE * SIDE; i += 1) {
      const [top, below, down] = between(Math.floor(i / SIDE)), [left, right, along] = between(i % SIDE);
      const row = (y) => cells[y * side + left] * (1 - along) + cells[y * side + right] * along;
      values[i] = (rounded(row(top) * (1 - down) + row(below) * down) / 255) * (INK - BACKGROUND) + BACKGROUND;
    }
    return { channels: 1, side: SIDE, values };
  }

  // A convolution at stride 1 without padding, or a fully connected layer: that is one of 1x1 on a map of 1x1.
  function weighted({ channels, side, values }, { shape, level, bias, weights }) {
    const [outputs, , kernel] = shape;
    const input = shape[1] === channels ? { channels, side } : { channels: channels * side * side, side: 1 };
    const out = input.side - kernel + 1, made = new Float32Array(outputs * out * out);
    let to = 0;
    for (let o = 0; o < outputs; o += 1) {
      for (let i = 0; i < out; i += 1) {
        for (let j = 0; j < out; j += 1, to += 1) {
          let sum = 0, w = o * input.channels * kernel * kernel;
          for (let c = 0; c < input.channels; c += 1) {
            for (let u = 0; u < kernel; u += 1) {
              const from = (c * input.side + i + u) * input.side + j;
              for (let v = 0; v < kernel; v += 1, w += 1) sum += weights[w] * values[from + v];
            }
          }
          made[to] = sum * level + bias[o];
        }
      }
    }
    return { channels: outputs, side: out, values: made };
  }

  function maxPool({ channels, side, values }) {
    const out = side >> 1, made = new Float32Array(channels * out * out);
    for (let n = 0; n < made.length; n += 1) {
      const from = (Math.floor(n / (out * out)) * side + 2 * (Math.floor(n / out) % out)) * side + 2 * (n % out);
      made[n] = Math.max(values[from], values[from + 1], values[from + side], values[from + side + 1]);
    }
    return { channels, side: out, values: made };
  }

  // The image and the output of each layer, with its ReLU where it has one.
  function run(steps, cells) {
    const maps = [{ name: "image", ...enlarged(cells) }];
    for (const step of steps) {
      const last = maps.at(-1);
      if (step.kind === "relu") last.values = last.values.map((value) => Math.max(0, value));
      else maps.push({ name: step.name, ...(step.kind === "max_pool" ? maxPool(last) : weighted(last, step)) });
    }
    return maps;
  }

  function softmax(scores) {
    const most = Math.max(...scores), powers = Array.from(scores, (score) => Math.exp(score - most));
    const sum = powers.reduce((a, b) => a + b);
    return powers.map((power) => power / sum);
  }

  // The steps with their weights, which stand one after the other in `text`.
  function unpacked(steps, text) {
    const all = bytes(text);
    let start = 0;
    return steps.map((step) => {
      if (step.kind !== "weighted") return step;
      const [outputs, inputs, kernel] = step.shape, count = outputs * inputs * kernel * kernel;
      return { ...step, weights: all.subarray(start, (start += count)) };
    });
  }

  function trace(pen, strokes, place, width) {
    pen.lineCap = pen.lineJoin = "round";
    pen.lineWidth = width;
    pen.strokeStyle = "#fff";
    for (const points of strokes) {
      pen.beginPath();
      points.forEach((point, i) => pen[i ? "lineTo" : "moveTo"](...place(point)));
      pen.lineTo(...place(points.at(-1))); // a dot, too
      pen.stroke();
    }
  }

  // What is drawn, in the set's pixels: as large as its digits, in the middle; the share of each pixel that has ink.
  function fitted(strokes, { cells, box, pen: width }) {
    const canvas = made("canvas", { width: cells * FINE, height: cells * FINE });
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    const ends = [0, 1].map((axis) => strokes.flat().map((point) => point[axis]));
    const [[left, right], [top, bottom]] = ends.map((list) => [Math.min(...list), Math.max(...list)]);
    const zoom = ((box - width) / Math.max(right - left, bottom - top, PAD / 8)) * FINE;
    const middle = (cells * FINE) / 2;
    trace(pen, strokes, ([x, y]) => [middle + (x - (left + right) / 2) * zoom, middle + (y - (top + bottom) / 2) * zoom], width * FINE);
    const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
    return Array.from({ length: cells * cells }, (_, n) => {
      const y = Math.floor(n / cells) * FINE, x = (n % cells) * FINE;
      let sum = 0;
      for (let i = 0; i < FINE * FINE; i += 1) sum += data[4 * ((y + Math.floor(i / FINE)) * canvas.width + x + (i % FINE)) + 3];
      return Math.round(sum / FINE ** 2);
    });
  }

  // The maps of a layer side by side, white where strongest.
  function show(canvas, { channels, side, values }) {
    const across = side > 1 || channels < 20 ? channels : Math.ceil(channels / 2), gap = side > 1 ? 1 : 0;
    canvas.width = across * (side + gap) - gap;
    canvas.height = Math.ceil(channels / across) * (side + gap) - gap;
    const most = values.reduce((a, b) => Math.max(a, b), 1e-9);
    const pen = canvas.getContext("2d");
    for (let n = 0; n < channels; n += 1) {
      const picture = pen.createImageData(side, side);
      for (let i = 0; i < side * side; i += 1) {
        const light = (255 * Math.max(0, values[n * side * side + i])) / most;
        picture.data.set([light, light, light, 255], 4 * i);
      }
      pen.putImageData(picture, (n % across) * (side + gap), Math.floor(n / across) * (side + gap));
    }
  }

  function start() {
    const begun = begin("digit");
    if (!begun) return null;
    const { live, data } = begun;
    const steps = unpacked(data.steps, data.weights);
    let strokes = [], cells = data.samples[0], hand = [PAD / 2, PAD / 2], down = false;

    const pad = made("canvas", {
      id: "moving-digit-pad", width: PAD, height: PAD, tabindex: 0, role: "application",
      "aria-label": "Draw a digit. Arrow keys move the pen, the space bar sets it down and lifts it.",
    });
    const sample = choice("Take a test digit", ["", ...data.classes], data.classes[0], () => {
      if (sample.field.value) take(data.classes.indexOf(sample.field.value));
    });
    sample.field.id = "moving-digit-sample";
    const clear = made("button", { type: "button" }, "Clear");
    const told = made("p", { class: "moving-told", id: "moving-digit-told", role: "status" });
    const bars = made("div", { class: "moving-bars" });
    const layers = made("div", { class: "moving-layers" });
    live.append(
      bar(sample.label, clear, "or draw a digit in the square"),
      made("div", { class: "moving-panels" }, pad, made("div", {}, bars)), told, layers,
    );

    function read(say) {
      const maps = run(steps, cells), chances = softmax(maps.at(-1).values);
      const best = chances.indexOf(Math.max(...chances));
      bars.replaceChildren(...chances.map((chance, n) => {
        const row = made("div", { class: n === best ? "moving-best" : "" }, made("span", {}, data.classes[n]), made("i"), made("span", {}, `${(100 * chance).toFixed(0)} %`));
        row.children[1].style.setProperty("--share", chance.toFixed(4));
        return row;
      }));
      if (layers.children.length !== maps.length - 1) {
        layers.replaceChildren(...maps.slice(0, -1).map(({ name, channels, side }) =>
          made("div", {}, made("p", {}, `${name === "image" ? name : name.toUpperCase()}: ${channels} × ${side} × ${side}`), made("canvas", { "aria-hidden": "true", style: `width:${side === SIDE ? 96 : 640}px` }))));
      }
      maps.slice(0, -1).forEach((map, n) => show(layers.children[n].lastChild, map));
      if (say) told.textContent = `The network reads ${data.classes[best]}, with a probability of ${(100 * chances[best]).toFixed(0)} %.`;
    }

    function paint() {
      const pen = pad.getContext("2d");
      pen.fillStyle = "#000";
      pen.fillRect(0, 0, PAD, PAD);
      if (strokes.length) {
        trace(pen, strokes, (point) => point, 18);
        return;
      }
      const side = Math.sqrt(cells.length), one = PAD / side;
      cells.forEach((value, n) => {
        pen.fillStyle = `rgb(${value} ${value} ${value})`;
        pen.fillRect((n % side) * one, Math.floor(n / side) * one, one + 1, one + 1);
      });
    }

    function take(label) {
      [strokes, cells] = [[], data.samples[label]];
      paint();
      read(true);
    }

    function changed(say) {
      sample.field.value = "";
      cells = strokes.length ? fitted(strokes, data.fit) : cells.map(() => 0);
      paint();
      read(say);
    }

    const place = (event) => {
      const frame = pad.getBoundingClientRect();
      return [((event.clientX - frame.left) * PAD) / frame.width, ((event.clientY - frame.top) * PAD) / frame.height];
    };
    pad.addEventListener("pointerdown", (event) => {
      pad.setPointerCapture(event.pointerId);
      strokes.push([place(event)]);
      changed(false);
    });
    pad.addEventListener("pointermove", (event) => {
      if (!pad.hasPointerCapture(event.pointerId)) return;
      strokes.at(-1).push(place(event));
      changed(false);
    });
    pad.addEventListener("pointerup", () => changed(true));
    const ways = { ArrowLeft: [-8, 0], ArrowRight: [8, 0], ArrowUp: [0, -8], ArrowDown: [0, 8] };
    pad.addEventListener("keydown", (event) => {
      if (event.key === " ") {
        down = !down;
        if (down) strokes.push([hand]);
      } else if (ways[event.key]) {
        hand = hand.map((value, axis) => Math.min(PAD - 12, Math.max(12, value + ways[event.key][axis])));
        if (down) strokes.at(-1).push(hand);
      } else return;
      event.preventDefault();
      changed(!down);
      const pen = pad.getContext("2d");
      pen.fillStyle = "#e1780f"; // where the pen is
      pen.fillRect(hand[0] - 4, hand[1] - 4, 8, 8);
    });
    clear.addEventListener("click", () => {
      [strokes, down] = [[], false];
      changed(false);
      told.textContent = "";
    });
    take(0);
    return { run: (given) => run(steps, given), cells: () => cells };
  }

  return start();
})();
