// The inner loop of a convolution: 4 filters times 8 patches. Where the browser has WebAssembly with SIMD the loop is
// a function of that, put together here byte by byte; elsewhere the same in JavaScript, about six times slower.
// A kernel is {numbers, multiply, sums}: `numbers(count)` makes an array that `multiply` can read.
const FILTERS = 4; // side by side in an array of filters
const PATCHES = 4; // side by side in an array of patches; two such panels, one after the other, are 8 patches

// The function's text in WebAssembly: (filters, patches, bytes of a panel, sums), all addresses in the memory.
function instructions() {
  const get = (local) => [0x20, local], set = (local) => [0x21, local];
  const add = 0x6a, less = 0x49;
  const [filters, patches, bytes, sums, end, first, p, q, w] = [0, 1, 2, 3, 4, 5, 13, 14, 15]; // locals; 8 sums from `first`
  const load = [0xfd, 0x00, 4, 0];
  const filter = (i) => [0xfd, 0x09, 2, 4 * i]; // one number, in all four lanes
  const more = (sum, patch) => [get(sum), get(w), get(patch), 0xfd, 0xe6, 0x01, 0xfd, 0xe4, 0x01, set(sum)]; // sum += w * patch
  const step = (local) => [get(local), 0x41, 16, add, set(local)];
  const four = [0, 1, 2, 3].map((i) => [get(filters), filter(i), set(w), more(first + 2 * i, p), more(first + 2 * i + 1, q)]);
  const stores = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => [get(sums), get(first + i), 0xfd, 0x0b, 4, 16 * i]);
  return [
    get(filters), get(bytes), add, set(end),
    0x03, 0x40, // loop
    get(patches), load, set(p), get(patches), get(bytes), add, load, set(q), four, step(filters), step(patches),
    get(filters), get(end), less, 0x0d, 0, // again while filters < end
    0x0b, stores, 0x0b,
  ].flat(Infinity);
}

// Small enough for every length to fit one or two bytes (LEB128).
const length = (size) => (size < 128 ? [size] : [(size & 127) | 128, size >> 7]);
const section = (id, content) => [id, ...length(content.length), ...content];

function simd(room) {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(room / 65536) + 1 });
  const locals = [2, 1, 0x7f, 11, 0x7b]; // one i32, eleven v128
  const body = [...locals, ...instructions()];
  const bytes = new Uint8Array([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, // "\0asm", version 1
    ...section(1, [1, 0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 0]), // a function of four i32
    ...section(2, [1, 1, 0x6d, 1, 0x6d, 2, 0, 1]), // imports the memory "m" of "m"
    ...section(3, [1, 0]),
    ...section(7, [1, 1, 0x66, 0, 0]), // exports the function as "f"
    ...section(10, [1, ...length(body.length), ...body]),
  ]);
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { m: { m: memory } }).exports;
  let used = 0;
  const numbers = (count) => {
    const array = new Float32Array(memory.buffer, used, count);
    used += 16 * Math.ceil(count / 4); // vectors begin at multiples of 16 bytes
    return array;
  };
  const sums = numbers(2 * FILTERS * PATCHES);
  const multiply = (filters, a, patches, b, count) => {
    f(filters.byteOffset + 4 * a, patches.byteOffset + 4 * b, 16 * count, sums.byteOffset);
  };
  return { name: "WebAssembly with SIMD", numbers, multiply, sums };
}

// Math.fround keeps the arithmetic in 32 bits. One call is for one panel of patches: 16 sums, which fit the registers.
function panel(filters, a, patches, b, count, sums, to) {
  const f = Math.fround;
  let s0 = f(0), s1 = f(0), s2 = f(0), s3 = f(0), s4 = f(0), s5 = f(0), s6 = f(0), s7 = f(0);
  let s8 = f(0), s9 = f(0), s10 = f(0), s11 = f(0), s12 = f(0), s13 = f(0), s14 = f(0), s15 = f(0);
  for (const end = a + 4 * count; a < end; a += 4, b += 4) {
    const p0 = patches[b], p1 = patches[b + 1], p2 = patches[b + 2], p3 = patches[b + 3];
    let w = filters[a];
    s0 = f(s0 + f(w * p0)); s1 = f(s1 + f(w * p1)); s2 = f(s2 + f(w * p2)); s3 = f(s3 + f(w * p3));
    w = filters[a + 1];
    s4 = f(s4 + f(w * p0)); s5 = f(s5 + f(w * p1)); s6 = f(s6 + f(w * p2)); s7 = f(s7 + f(w * p3));
    w = filters[a + 2];
    s8 = f(s8 + f(w * p0)); s9 = f(s9 + f(w * p1)); s10 = f(s10 + f(w * p2)); s11 = f(s11 + f(w * p3));
    w = filters[a + 3];
    s12 = f(s12 + f(w * p0)); s13 = f(s13 + f(w * p1)); s14 = f(s14 + f(w * p2)); s15 = f(s15 + f(w * p3));
  }
  const found = [s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15];
  for (let i = 0; i < 16; i += 1) sums[to + (i >> 2) * 8 + (i & 3)] = found[i];
}

function plain() {
  const sums = new Float32Array(2 * FILTERS * PATCHES);
  const multiply = (filters, a, patches, b, count) => {
    panel(filters, a, patches, b, count, sums, 0);
    panel(filters, a, patches, b + PATCHES * count, count, sums, PATCHES);
  };
  return { name: "JavaScript", numbers: (count) => new Float32Array(count), multiply, sums };
}

// `room`: bytes of all arrays together.
function makeKernel(room) {
  try {
    return simd(room);
  } catch {
    return plain(); // an old browser, or one that forbids WebAssembly
  }
}
