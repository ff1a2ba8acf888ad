// Reads the compressed file that cs231n_arch.compression.save_compressed writes: per layer a codebook, the codes of
// the nonzero weights and the gaps between them. The layout is told in codec.py, whose tests have their counterpart.
// Runs in the worker; `unpack` returns a Map: name -> {shape, values}.
const MAGIC = "cs231n-arch deep compression 1\n";
const LARGEST_GAP = 254; // 255 is a filler: it bridges 255 zeros, and no code belongs to it

async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function intact(digest, body) {
  if (!globalThis.crypto?.subtle) return true; // a browser has it on pages from a file or from https only
  const found = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  return found.every((byte, at) => byte === digest[at]);
}

// Copied, because a Float32Array must begin at a multiple of four bytes.
const floats = (bytes) => new Float32Array(bytes.slice().buffer);

function fromCodebook(count, codebook, symbols, gaps) {
  const values = new Float32Array(count);
  let position = -1;
  for (let i = 0; i < gaps.length; i += 1) {
    if (gaps[i] > LARGEST_GAP) {
      position += LARGEST_GAP + 1;
    } else {
      position += gaps[i] + 1;
      values[position] = codebook[symbols[i]];
    }
  }
  return values;
}

async function unpack(file) {
  const magic = new TextDecoder().decode(file.subarray(0, MAGIC.length));
  if (magic !== MAGIC) throw new Error("the weights are not in the form that this page reads");
  const body = file.subarray(MAGIC.length + 32); // after the checksum
  if (!await intact(file.subarray(MAGIC.length), body)) {
    throw new Error("the weights in this page are damaged; get the page anew");
  }
  let start = 4 + new DataView(body.buffer, body.byteOffset).getUint32(0, true);
  const entries = JSON.parse(new TextDecoder().decode(await inflate(body.subarray(4, start))));
  const tensors = new Map();
  for (const { name, shape, dtype, sizes } of entries) {
    if (dtype !== "float32") throw new Error(`the weights of ${name} are ${dtype}; this page reads float32`);
    const parts = sizes.map((size) => body.subarray(start, (start += size)));
    const count = shape.reduce((a, b) => a * b, 1);
    const values = parts.length === 1
      ? floats(await inflate(parts[0]))
      : fromCodebook(count, floats(parts[0]), await inflate(parts[1]), await inflate(parts[2]));
    tensors.set(name, { shape, values });
  }
  return tensors;
}
