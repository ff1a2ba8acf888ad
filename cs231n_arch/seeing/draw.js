// What the page draws: the image, a layer's maps, and where a class is seen.
// Sets `window.seeingDraw`.
window.seeingDraw = (() => {
  "use strict";

  const GAP = 2; // pixels between maps

  function image(canvas, pixels) {
    canvas.width = canvas.height = pixels.width;
    canvas.getContext("2d").putImageData(pixels, 0, 0);
  }

  function canvasOf(width, height, shade) {
    const pixels = new ImageData(width, height);
    for (let i = 0; i < width * height; i += 1) pixels.data.set(shade(i), 4 * i);
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    canvas.getContext("2d").putImageData(pixels, 0, 0);
    return canvas;
  }

  // The maps of a layer side by side, white where strongest; each at least 56 pixels wide.
  function maps(canvas, { height, width, shown }) {
    const zoom = Math.max(1, Math.round(56 / width));
    const across = Math.min(8, shown.length);
    canvas.width = across * (width * zoom + GAP) - GAP;
    canvas.height = Math.ceil(shown.length / across) * (height * zoom + GAP) - GAP;
    const pen = canvas.getContext("2d");
    pen.imageSmoothingEnabled = false;
    shown.forEach(({ bytes }, index) => {
      const one = canvasOf(width, height, (i) => [bytes[i], bytes[i], bytes[i], 255]);
      const x = (index % across) * (width * zoom + GAP), y = Math.floor(index / across) * (height * zoom + GAP);
      pen.drawImage(one, x, y, width * zoom, height * zoom);
    });
  }

  // The map's value over a pixel, between its positions by linear interpolation, beyond them as at the nearest one.
  // `first` is the pixel over which the first position stands, `jump` the pixels from one position to the next.
  function between({ height, width, map }, { first, jump }, x, y) {
    const at = (pixel, size) => Math.min(size - 1, Math.max(0, (pixel - first) / jump));
    const u = at(x, width), v = at(y, height);
    const left = Math.floor(u), top = Math.floor(v);
    const right = Math.min(left + 1, width - 1), below = Math.min(top + 1, height - 1);
    const along = (row) => map[row * width + left] + (u - left) * (map[row * width + right] - map[row * width + left]);
    return along(top) + (v - top) * (along(below) - along(top));
  }

  // The image, in its own light where the class is seen most, and dark where it is not seen.
  function where(canvas, pixels, seen, grid) {
    const most = seen.map.reduce((a, b) => Math.max(a, b), 0);
    const side = pixels.width;
    const lit = new ImageData(new Uint8ClampedArray(pixels.data), side, side);
    for (let i = 0; i < side * side; i += 1) {
      const share = most > 0 ? between(seen, grid, i % side, Math.floor(i / side)) / most : 0;
      for (let c = 0; c < 3; c += 1) lit.data[4 * i + c] *= 0.15 + 0.85 * share;
    }
    image(canvas, lit);
  }

  return { image, maps, where };
})();
