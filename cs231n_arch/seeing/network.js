// The layers of a convolutional network on one image. A map is {channels, height, width, values} with its values
// channel by channel, as in PyTorch. Runs in the worker.
const STRIP = 64; // positions whose patches are gathered together, so that they stay in the cache

// The filters of a convolution in panels of four, side by side in the order in which the kernel reads them.
function packed({ shape, values }, bias, kernel) {
  const [filters, channels, side] = shape;
  const length = channels * side * side;
  const panels = kernel.numbers(roomFor(shape));
  for (let filter = 0; filter < filters; filter += 1) {
    const panel = (filter - (filter % FILTERS)) * length + (filter % FILTERS);
    for (let k = 0; k < length; k += 1) panels[panel + k * FILTERS] = values[filter * length + k];
  }
  return { filters, side, length, panels, bias: bias.values };
}

const roomFor = ([filters, channels, side]) => Math.ceil(filters / FILTERS) * FILTERS * channels * side * side;

// The patches under the windows at `count` positions from `first`, in panels of four.
function gather(input, side, { stride, pad }, width, first, count, patches) {
  const { channels, height, width: across, values } = input;
  const length = channels * side * side;
  for (let n = 0; n < count; n += 1) {
    const top = Math.floor((first + n) / width) * stride - pad;
    const left = ((first + n) % width) * stride - pad;
    let to = (n - (n % PATCHES)) * length + (n % PATCHES);
    for (let channel = 0; channel < channels; channel += 1) {
      const from = channel * height * across;
      for (let y = top; y < top + side; y += 1) {
        for (let x = left; x < left + side; x += 1) {
          const inside = y >= 0 && y < height && x >= 0 && x < across;
          patches[to] = inside ? values[from + y * across + x] : 0;
          to += PATCHES;
        }
      }
    }
  }
}

// Convolution and ReLU, as a product of matrices: filters by patches. Writes the channels from `at` on.
function convolve(input, layer, step, output, at, { kernel, patches }) {
  const { filters, side, length, panels, bias } = layer;
  const { multiply, sums } = kernel;
  const positions = output.height * output.width;
  const tile = 2 * PATCHES;
  for (let first = 0; first < positions; first += STRIP) {
    const count = Math.min(STRIP, positions - first);
    gather(input, side, step, output.width, first, count, patches);
    for (let filter = 0; filter < filters; filter += FILTERS) {
      for (let n = 0; n < count; n += tile) {
        multiply(panels, filter * length, patches, n * length, length);
        for (let i = 0; i < Math.min(FILTERS, filters - filter); i += 1) {
          const to = (at + filter + i) * positions + first + n;
          for (let j = 0; j < Math.min(tile, count - n); j += 1) {
            output.values[to + j] = Math.max(0, sums[tile * i + j] + bias[filter + i]);
          }
        }
      }
    }
  }
}

// Max pooling; the last window may hang over the edge, as in Caffe.
function pool({ channels, height, width, values }, { kernel, stride }) {
  const side = (size) => Math.ceil((size - kernel) / stride) + 1;
  const output = empty(channels, side(height), side(width));
  let to = 0;
  for (let from = 0; from < values.length; from += height * width) {
    for (let top = 0; top < output.height * stride; top += stride) {
      const bottom = Math.min(top + kernel, height);
      for (let left = 0; left < output.width * stride; left += stride) {
        const right = Math.min(left + kernel, width);
        let most = -Infinity;
        for (let row = from + top * width; row < from + bottom * width; row += width) {
          for (let i = row + left; i < row + right; i += 1) {
            if (values[i] > most) most = values[i];
          }
        }
        output.values[to] = most;
        to += 1;
      }
    }
  }
  return output;
}

function average(input) {
  const output = empty(input.channels, 1, 1);
  const size = input.height * input.width;
  for (let channel = 0; channel < input.channels; channel += 1) {
    let sum = 0;
    for (let i = channel * size; i < (channel + 1) * size; i += 1) sum += input.values[i];
    output.values[channel] = sum / size;
  }
  return output;
}

function empty(channels, height, width) {
  return { channels, height, width, values: new Float32Array(channels * height * width) };
}

// One step of the network. Convolutions that see the same input (a fire module's two) are joined along the channels.
function run(step, input, { layers, ...tools }) {
  if (step.kind === "max_pool") return pool(input, step);
  if (step.kind === "global_pool") return average(input);
  const [{ kernel, stride, pad }] = step.convolutions;
  const side = (size) => Math.floor((size + 2 * pad - kernel) / stride) + 1;
  const parts = step.convolutions.map((window) => ({ window, layer: layers.get(window.weight) }));
  const filters = parts.reduce((sum, { layer }) => sum + layer.filters, 0);
  const output = empty(filters, side(input.height), side(input.width));
  let at = 0;
  for (const { window, layer } of parts) {
    convolve(input, layer, window, output, at, tools);
    at += layer.filters;
  }
  return output;
}

// Bytes red, green, blue, alpha of a square image -> its map, less the mean of the training images.
function mapOf(pixels, side, mean) {
  const output = empty(3, side, side);
  for (let i = 0; i < side * side; i += 1) {
    for (let c = 0; c < 3; c += 1) output.values[c * side * side + i] = pixels[4 * i + c] - mean[c];
  }
  return output;
}

function softmax(scores) {
  const most = Math.max(...scores);
  const powers = Array.from(scores, (score) => Math.exp(score - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

// Everything that `run` needs, from the weights and biases: the filters in panels, the kernel, room for patches.
function prepare(tensors) {
  const weights = [...tensors].filter(([name]) => name.endsWith(".weight"));
  const longest = Math.max(...weights.map(([, { shape }]) => shape[1] * shape[2] * shape[3]));
  const room = weights.reduce((sum, [, { shape }]) => sum + roomFor(shape) + FILTERS, STRIP * longest + 64);
  const kernel = makeKernel(4 * room);
  const biasOf = (name) => tensors.get(name.replace(/weight$/, "bias"));
  const layers = new Map(weights.map(([name, tensor]) => [name, packed(tensor, biasOf(name), kernel)]));
  return { layers, kernel, patches: kernel.numbers(STRIP * longest) };
}
