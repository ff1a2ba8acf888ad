// The worker: reads the weights once, then runs the network on each image that the page sends, and keeps every
// layer's maps, so that the page can ask for them. Each answer carries the number of the question.
let network = null; // {steps, mean, side}, as the page was given it
let prepared = null; // the weights, and what runs them
let maps = []; // the output of each step, for the last image
const MOST = 64; // maps that are drawn of a layer

async function load({ program, weights }) {
  const file = Uint8Array.from(atob(weights), (character) => character.charCodeAt(0));
  network = program;
  prepared = prepare(await unpack(file));
  // Once on a black image, so that the times of the first photograph are not those of compiling the loops.
  see({ pixels: new Uint8ClampedArray(4 * network.side ** 2) }, () => {});
  return { kernel: prepared.kernel.name };
}

function see({ pixels }, told) {
  let map = mapOf(pixels, network.side, network.mean);
  maps = [];
  const times = network.steps.map((step, index) => {
    const start = performance.now();
    map = run(step, map, prepared);
    maps.push(map);
    told({ done: index + 1 });
    return performance.now() - start;
  });
  return {
    times,
    shapes: maps.map(({ channels, height, width }) => [channels, height, width]),
    chances: softmax(map.values),
  };
}

// The maps of a layer that are strongest on average, each scaled to its own largest value, as bytes.
function look({ layer }) {
  const { channels, height, width, values } = maps[layer];
  const size = height * width;
  const all = Array.from({ length: channels }, (_, channel) => {
    const map = values.subarray(channel * size, (channel + 1) * size);
    return { channel, map, most: map.reduce((a, b) => Math.max(a, b), 0), sum: map.reduce((a, b) => a + b, 0) };
  });
  const silent = all.filter(({ most }) => most === 0).length;
  const shown = all.sort((a, b) => b.sum - a.sum || a.channel - b.channel).slice(0, MOST).map(({ channel, map, most }) => (
    { channel, most, bytes: Uint8Array.from(map, (value) => (most > 0 ? (255 * value) / most : 0)) }
  ));
  return { layer, height, width, channels, silent, shown };
}

// Where a class is seen: the map of its filter in the last convolution, of which its score is the average.
function where({ label }) {
  const { height, width, values } = maps.at(-2);
  const map = values.slice(label * height * width, (label + 1) * height * width);
  return { label, height, width, map, score: maps.at(-1).values[label] };
}

const ANSWERS = { load, see, look, where };

onmessage = async ({ data: { number, question, ...rest } }) => {
  try {
    const answer = await ANSWERS[question](rest, (progress) => postMessage({ number, progress }));
    postMessage({ number, answer });
  } catch (error) {
    postMessage({ number, problem: error.message });
  }
};
