// From what a reader gives to the pixels that the network sees. Every problem is told in words.
// Sets `window.seeingPhoto`; a plain script, since a page opened from a file may load no modules.
window.seeingPhoto = (() => {
  "use strict";

  const MOST_BYTES = 50e6;
  const MOST_PIXELS = 100e6; // decoded, 400 MB
  const SHORTER = 256; // the shorter side is made this long before the middle is cut out, as in training

  class Problem extends Error {}

  // What a JPEG or PNG says of itself before it is decoded: {width, height, channels}; null for other kinds.
  function declared(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length > 26 && view.getUint32(0) === 0x89504e47) {
      return { width: view.getUint32(16), height: view.getUint32(20), channels: 3 };
    }
    if (bytes.length < 4 || view.getUint16(0) !== 0xffd8) return null;
    for (let at = 2; at + 10 <= bytes.length && bytes[at] === 0xff; at += 2 + view.getUint16(at + 2)) {
      const frame = bytes[at + 1] >= 0xc0 && bytes[at + 1] <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(bytes[at + 1]);
      if (frame) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7), channels: bytes[at + 9] };
    }
    return null;
  }

  // A file or blob as a picture, turned as its EXIF data say: {picture, note}.
  async function open(file) {
    const name = file.name ? `“${file.name}”` : "This";
    if (file.size === 0) throw new Problem(`${name} is empty.`);
    if (file.size > MOST_BYTES) {
      throw new Problem(`${name} has ${Math.round(file.size / 1e6)} MB; this page takes images of up to ${MOST_BYTES / 1e6} MB.`);
    }
    const said = declared(new Uint8Array(await file.arrayBuffer()));
    if (said && said.width * said.height > MOST_PIXELS) {
      throw new Problem(`${name} has ${said.width} × ${said.height} pixels; this page takes up to ${MOST_PIXELS / 1e6} million.`);
    }
    try {
      const picture = await createImageBitmap(file);
      const note = said?.channels === 4
        ? "This JPEG has four channels (CMYK). The browser converted it to RGB, so its colors may be off."
        : "";
      return { picture, note };
    } catch {
      throw new Problem(said
        ? `${name} begins as an image but is damaged or cut short: it cannot be decoded.`
        : `${name} is no image that this browser can decode. JPEG, PNG and WebP work.`);
    }
  }

  // The middle of a picture, `side` pixels square, on white where it is transparent. `picture` may be a video.
  function crop(picture, side) {
    const width = picture.videoWidth ?? picture.width, height = picture.videoHeight ?? picture.height;
    const taken = (Math.min(width, height) * side) / SHORTER;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = side;
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.fillStyle = "white";
    pen.fillRect(0, 0, side, side);
    pen.imageSmoothingQuality = "high";
    pen.drawImage(picture, (width - taken) / 2, (height - taken) / 2, taken, taken, 0, 0, side, side);
    return pen.getImageData(0, 0, side, side);
  }

  return { Problem, open, crop };
})();
