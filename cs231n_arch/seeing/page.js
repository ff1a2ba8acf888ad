// The page: a photograph goes to the worker, and what the network makes of it is shown.
(() => {
  "use strict";

  const { Problem, open, crop } = window.seeingPhoto;
  const draw = window.seeingDraw;
  const find = (id) => document.getElementById(`seeing-${id}`);
  const { program, names, samples } = JSON.parse(find("data").textContent);
  const steps = program.steps;
  let pixels = null; // what the network saw last
  let chosen = { layer: 0, label: null };
  let turn = 0; // number of the last image; the answer to an earlier one is no longer wanted
  let stream = null; // the camera's

  function element(tag, text = "", attributes = {}) {
    const made = document.createElement(tag);
    made.textContent = text;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  }

  // A page opened from a file may load no script as a worker, but may make one from text.
  const code = find("worker").textContent;
  const worker = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  const waiting = new Map();
  let asked = 0;

  function ask(question, rest, progress = () => {}) {
    asked += 1;
    const number = asked;
    return new Promise((resolve, reject) => {
      waiting.set(number, { resolve, reject, progress });
      worker.postMessage({ number, question, ...rest });
    });
  }

  worker.onmessage = ({ data }) => {
    const { resolve, reject, progress } = waiting.get(data.number);
    if (data.progress) {
      progress(data.progress);
      return;
    }
    waiting.delete(data.number);
    if (data.problem) reject(new Problem(`The network could not run: ${data.problem}.`));
    else resolve(data.answer);
  };

  worker.onerror = () => tell(new Problem("This browser did not start the worker in which the network runs."));

  const ready = ask("load", { program, weights: find("weights").textContent });

  function tell(problem) {
    if (!(problem instanceof Problem)) throw problem;
    find("problem").textContent = problem.message;
    find("state").textContent = "No new result";
  }

  const percent = (share) => (share < 0.0005 ? "below 0.1\u00a0%" : `${(100 * share).toFixed(1)}\u00a0%`);

  async function see(picture, { credit = "", note = "" } = {}) {
    turn += 1;
    const mine = turn;
    const given = crop(picture, program.side);
    find("problem").textContent = "";
    await ready;
    if (mine !== turn) return;
    find("state").textContent = "The network runs";
    const result = await ask("see", { pixels: given.data }, ({ done }) => {
      if (mine === turn) find("progress").value = done / steps.length;
    });
    if (mine !== turn) return;
    pixels = given;
    draw.image(find("image"), pixels);
    find("credit").textContent = credit;
    find("note").textContent = note;
    const order = [...result.chances.keys()].sort((a, b) => result.chances[b] - result.chances[a]);
    if (!find("class").value || chosen.label === null) chosen.label = order[0];
    showTop(order.slice(0, 5), result.chances);
    showLayers(result);
    await Promise.all([showMaps(), showWhere()]);
    const total = result.times.reduce((a, b) => a + b, 0);
    find("total").textContent = `All layers took ${Math.round(total)} ms on this machine.`;
    find("state").setAttribute("aria-live", stream ? "off" : "polite"); // not every picture of the camera is read out
    find("state").textContent = `Seen in ${Math.round(total)} ms: ${names[order[0]]}`;
  }

  function showTop(labels, chances) {
    find("top").replaceChildren(...labels.map((label) => {
      const button = element("button", "", { type: "button", style: `--share: ${100 * chances[label]}%` });
      button.dataset.label = label;
      button.append(element("span", names[label]), element("span", percent(chances[label])));
      const line = element("li");
      line.append(button);
      return line;
    }));
  }

  function showLayers({ times, shapes }) {
    const most = Math.max(...times);
    find("layers").tBodies[0].replaceChildren(...steps.map(({ name }, index) => {
      const line = element("tr");
      const button = element("button", name, { type: "button" });
      button.dataset.layer = index;
      const head = element("th", "", { scope: "row" });
      head.append(button);
      const time = element("td", times[index].toFixed(1), { style: `--share: ${(100 * times[index]) / most}%` });
      line.append(head, element("td", shapes[index].join(" × ")), time);
      return line;
    }));
  }

  function press(list, wanted) {
    for (const button of list.querySelectorAll("button")) button.setAttribute("aria-pressed", String(wanted(button)));
  }

  async function showMaps() {
    const { layer } = chosen;
    press(find("layers"), (button) => Number(button.dataset.layer) === layer);
    const seen = await ask("look", { layer });
    draw.maps(find("maps"), seen);
    const { channels, height, width, silent, shown } = seen;
    const which = shown.length < channels ? `the ${shown.length} strongest of ${channels.toLocaleString("en-US")}` : `all ${channels}`;
    find("maps-text").textContent =
      `${steps[layer].name}: ${which} feature maps, each ${height} × ${width}, strongest first. White is a map’s own ` +
      `largest value, black is zero. ${silent ? `${silent} of the layer’s maps are` : "No map of the layer is"} zero everywhere.`;
  }

  async function showWhere() {
    const { label } = chosen;
    press(find("top"), (button) => Number(button.dataset.label) === label);
    const seen = await ask("where", { label });
    draw.where(find("where"), pixels, seen, program.grid);
    find("where-text").textContent =
      `Where the network sees “${names[label]}”: bright where the map of that class is large. Its average is the score, ${seen.score.toFixed(2)}.`;
  }

  // What readers do.

  async function take(file, more = {}) {
    stopCamera();
    turn += 1;
    const mine = turn;
    try {
      const { picture, note } = await open(file);
      if (mine === turn) await see(picture, { note, ...more });
    } catch (problem) {
      tell(problem);
    }
  }

  function sample({ title, credit, jpeg }) {
    const bytes = Uint8Array.from(atob(jpeg), (character) => character.charCodeAt(0));
    return take(new File([bytes], title, { type: "image/jpeg" }), { credit });
  }

  function stopCamera() {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    find("camera").setAttribute("aria-pressed", "false");
    find("camera").textContent = "Use the camera";
  }

  async function useCamera() {
    if (stream) {
      stopCamera();
      return;
    }
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch (error) {
      tell(new Problem(`The camera cannot be used: ${error.message}.`));
      return;
    }
    find("camera").setAttribute("aria-pressed", "true");
    find("camera").textContent = "Stop the camera";
    const video = find("video");
    video.srcObject = stream;
    await video.play();
    while (stream) await see(video, { credit: "From your camera." }).catch(tell);
  }

  function choose(event) {
    const button = event.target.closest("button");
    if (!button || !pixels) return;
    if (button.dataset.layer) {
      chosen.layer = Number(button.dataset.layer);
      showMaps().catch(tell);
    } else {
      chosen.label = Number(button.dataset.label);
      find("class").value = "";
      showWhere().catch(tell);
    }
  }

  find("samples").append(...samples.map((one) => {
    const button = element("button", "", { type: "button" });
    button.append(element("img", "", { src: `data:image/jpeg;base64,${one.jpeg}`, alt: "" }), element("span", one.title));
    button.addEventListener("click", () => sample(one));
    return button;
  }));
  find("size").textContent = `${program.side} × ${program.side} pixels`;
  find("classes").append(...names.map((name) => element("option", "", { value: name })));
  find("class").addEventListener("change", () => {
    const name = find("class").value.trim();
    if (!name || !pixels) return;
    const label = names.indexOf(name);
    if (label < 0) {
      tell(new Problem(`“${name}” is none of the 1,000 classes. Choose one of the list that opens as you type.`));
      return;
    }
    find("problem").textContent = "";
    chosen.label = label;
    showWhere().catch(tell);
  });
  find("file").addEventListener("change", ({ target }) => {
    if (target.files.length) take(target.files[0]);
  });
  find("top").addEventListener("click", choose);
  find("layers").addEventListener("click", choose);
  find("camera").hidden = !navigator.mediaDevices?.getUserMedia;
  find("camera").addEventListener("click", useCamera);

  const whole = document.getElementById("seeing");
  for (const kind of ["dragover", "dragleave", "drop"]) {
    whole.addEventListener(kind, (event) => {
      event.preventDefault();
      whole.classList.toggle("seeing-over", kind === "dragover");
    });
  }
  whole.addEventListener("drop", ({ dataTransfer }) => {
    if (dataTransfer.files.length) take(dataTransfer.files[0]);
    else tell(new Problem("What you dropped is no file. Drop an image from your computer."));
  });

  sample(samples[0]);
})();
