// The explorer's page: what the reader types is computed anew at each key.
(() => {
  "use strict";

  const { KINDS, FLAGS, parse } = window.explorerNotation;
  const { evaluate, smallestInput } = window.explorerArithmetic;
  const { blocks, layers, totals, sums } = window.explorerTables;
  const find = (id) => document.getElementById(`explorer-${id}`);
  const stack = find("stack");
  const { data, nets, presetOf, sameText, unpacked, remember, remembered } = window.explorerAddress;
  const START = "input 3x32x32\nconv 32 3x3 pad 1\nrelu\nmax_pool 2x2\nconv 64 3x3 pad 1\nrelu\nmax_pool 2x2\nflatten\nfc 10\n";
  const CALM = 600; // milliseconds without a key before a mistake is told; longer on the line that is being written
  const CALM_HERE = 2500;
  const TYPED = 1000; // as long as browsers wait for the next letter of a name
  let origin = START, chosen = null, result = evaluate(START), shown = [], calm = 0;

  function element(tag, text = "", attributes = {}) {
    const made = document.createElement(tag);
    made.textContent = text;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  }

  // ---- the text, which is always changed as if typed, so that the browser can undo it

  function type(start, end, text) {
    const before = document.activeElement;
    stack.focus({ preventScroll: true });
    stack.setSelectionRange(start, end);
    if (!document.execCommand(text ? "insertText" : "delete", false, text)) {
      stack.setRangeText(text, start, end, "end");
      update();
    }
    if (before && before !== stack) before.focus({ preventScroll: true });
  }

  const lineStart = (line) => stack.value.split("\n").slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  const cursorLine = () => stack.value.slice(0, stack.selectionStart).split("\n").length;

  // ---- what is shown

  function explain(problem, text) {
    if (!problem) return "";
    const where = `Line ${problem.line}: ${problem.message}.`;
    if (!problem.tooSmall) return where;
    const smallest = smallestInput(text);
    return smallest
      ? `${where} The smallest square image that reaches the last layer is ${smallest}x${smallest}.`
      : `${where} No square image reaches the last layer.`;
  }

  // A mistake is told once the reader rests, and later on the line that is being written; its number is red at once.
  function tell() {
    clearTimeout(calm);
    const { problem } = result;
    const here = problem && document.activeElement === stack && cursorLine() === problem.line;
    if (!problem) find("problem").textContent = "";
    calm = setTimeout(() => {
      const told = explain(problem, stack.value);
      if (find("problem").textContent !== told) find("problem").textContent = told; // a repeated alert is not read again
      const { params, macs } = sums(result);
      const end = result.output ? `Output ${result.output.join(" × ")}` : `Understood up to line ${problem.line - 1}`;
      find("status").textContent = `${end}; ${params.toLocaleString("en-US")} parameters, ${macs.toLocaleString("en-US")} MACs.`;
      remember(stack.value, START);
    }, here ? CALM_HERE : CALM);
  }

  function gutter() {
    const count = stack.value.split("\n").length;
    const bad = result.problem?.line;
    find("gutter").replaceChildren(
      ...Array.from({ length: count }, (_, index) => element(index + 1 === bad ? "mark" : "span", `${index + 1}\n`)),
    );
    find("gutter").scrollTop = stack.scrollTop;
  }

  function otherNet() {
    const { value } = find("other");
    const text = value === "kept" ? find("other").dataset.kept : nets.get(value)?.stack;
    return text ? evaluate(text) : null;
  }

  function draw() {
    const other = otherNet();
    const views = [result, other].filter(Boolean).map((net) => ({ input: net.input, rows: blocks(net.rows) })).filter((net) => net.input);
    const size = views.length ? window.explorerDrawing.scale(views) : null;
    const title = find("other").selectedOptions[0].textContent;
    find("drawing").replaceChildren(...views.map((net, index) =>
      window.explorerDrawing.net(net, index ? null : chosen, size, index ? title : "This net")));
    find("scale").textContent = size
      ? `Height and depth of a box: the sides of the feature map. Width: its channels, at ${(size.channel / size.side).toPrecision(2)} ` +
        "times that scale. Bars: fully connected layers, not to scale. A click on a box explains it."
      : "";
    totals(find("summary"), result, other, ["this net", title]);
  }

  function notes() {
    const list = result.notes;
    find("notes").hidden = list.length === 0;
    const count = list.length === 1 ? "1 window does not fit" : `${list.length} windows do not fit`;
    find("notes").querySelector("summary").textContent = `${count} a whole number of times: part of the map is never read`;
    find("notes").querySelector("ul").replaceChildren(
      ...list.map((note) => element("li", `Line ${note.line}, ${note.name}: ${note.text}.`)),
    );
  }

  function rows() {
    shown = find("inside").checked ? result.rows : blocks(result.rows);
    layers(find("table"), shown, sums(result), chosen);
  }

  function detail() {
    const row = [...shown, ...blocks(result.rows)].find(({ name }) => name === chosen);
    find("detail").hidden = !row;
    if (!row) return;
    const list = element("dl");
    for (const [what, text] of window.explorerFormulas.of(row, row.inside)) list.append(element("dt", what), element("dd", text));
    const pixels = row.field.toLocaleString("en-US");
    const figure = element("figure");
    figure.append(
      window.explorerDrawing.field(result.input, row.field),
      element("figcaption", `One unit sees ${pixels} × ${pixels} of ${result.input[1]} × ${result.input[2]} pixels.`),
    );
    const close = element("button", "Close", { type: "button" });
    close.addEventListener("click", () => choose(null));
    const head = element("p", "", { class: "explorer-bar" });
    head.append(element("strong", `${row.name}: ${row.kind}, line ${row.line}`), close);
    find("detail").replaceChildren(head, figure, list);
  }

  function choose(name) {
    chosen = name === chosen ? null : name;
    rows();
    draw();
    detail();
    if (chosen) find("detail").scrollIntoView({ block: "nearest" });
  }

  function update() {
    result = evaluate(stack.value);
    stack.setAttribute("aria-invalid", String(Boolean(result.problem)));
    find("preset").value = presetOf(stack.value)?.name ?? (sameText(stack.value, START) ? "start" : "own");
    find("reset").disabled = sameText(stack.value, origin);
    gutter();
    notes();
    rows();
    draw();
    detail();
    tell();
  }

  // ---- what the reader does

  // The fields that the chosen kind of layer has.
  function fields() {
    const kind = KINDS[find("kind").value];
    const usual = { channels: "64", units: "10", kernel: "3x3", probability: "0.5" };
    find("fields").replaceChildren(
      ...[...kind.numbers, ...kind.options].map((what) => {
        const label = element("label", `${what.replace("_", " ")} `);
        const option = kind.options.includes(what);
        const field = FLAGS.includes(what)
          ? element("input", "", { type: "checkbox" })
          : element("input", "", { type: "text", value: option ? "" : usual[what] ?? "32" });
        Object.assign(field.dataset, { what, option: String(option) });
        label.append(field);
        return label;
      }),
    );
  }

  // Where a layer goes: those for maps before the classifier, others at the end.
  function place(kind) {
    const flat = ["fc", "relu", "sigmoid", "tanh", "softmax", "dropout", "flatten", "identity"];
    if (flat.includes(kind) || result.problem) return stack.value.trimEnd().length;
    const ends = (layer) => ["flatten", "fc", "global_pool"].includes(layer.kind) || layer.children.some(ends);
    const { layers } = parse(stack.value);
    let at = layers.findIndex(ends);
    while (at > 0 && layers[at - 1].kind === "dropout") at -= 1;
    return at < 0 ? stack.value.trimEnd().length : lineStart(layers[at].line) - 1;
  }

  function add(event) {
    event.preventDefault();
    const words = [...find("fields").querySelectorAll("input")].map((field) => {
      const { what, option } = field.dataset;
      if (field.type === "checkbox") return field.checked ? what : "";
      const value = field.value.trim();
      return option === "true" && value ? `${what} ${value}` : value;
    });
    const at = place(find("kind").value);
    const line = `\n${[find("kind").value, ...words].filter(Boolean).join(" ")}`;
    const { problem } = evaluate(stack.value.slice(0, at) + line + stack.value.slice(at));
    if (problem && !result.problem) {
      find("problem").textContent = `Not added: ${problem.message}.`;
      return;
    }
    type(at, at, line);
    stack.scrollTop = Math.max(0, (stack.scrollHeight * at) / stack.value.length - stack.clientHeight / 2);
  }

  function load(text) {
    origin = text;
    type(0, stack.value.length, text);
    stack.scrollTop = 0;
    find("reset").disabled = true;
  }

  // The clipboard of a page that is opened from a file is reached through a selection only.
  function copy(text, what) {
    const before = document.activeElement;
    const carrier = element("textarea", text, { class: "explorer-unseen", "aria-hidden": "true" });
    document.body.append(carrier);
    carrier.select();
    const done = document.execCommand("copy");
    carrier.remove();
    before?.focus();
    find("status").textContent = done ? `Copied: ${what}, ${text.split("\n").length - 1} lines.` : "The browser did not allow the copy.";
    find("status").classList.remove("explorer-unseen");
    setTimeout(() => find("status").classList.add("explorer-unseen"), 4000);
  }

  function program() {
    if (result.problem) find("problem").textContent = `Nothing copied. ${explain(result.problem, stack.value)}`;
    else copy(window.explorerPytorch.code(result), "a program in PyTorch");
  }

  const options = () => data.map(({ group, nets: list }) => {
    const made = element("optgroup", "", { label: group });
    made.append(...list.map(({ name, title }) => element("option", title, { value: name })));
    return made;
  });
  find("preset").append(
    element("option", "a small net", { value: "start" }),
    element("option", "your own stack", { value: "own", disabled: "" }),
    ...options(),
  );
  find("other").append(element("option", "nothing", { value: "" }), element("option", "this net as it is now", { value: "kept" }), ...options());
  find("kind").append(
    ...Object.keys(KINDS).filter((kind) => !KINDS[kind].block).map((kind) => element("option", kind, { value: kind })),
  );
  // Loading takes the focus for a moment, which would break off a name that is being typed into the list.
  let typed = false, loading = 0;
  find("preset").addEventListener("keydown", (event) => { typed = event.key.length === 1; });
  find("preset").addEventListener("pointerdown", () => { typed = false; });
  find("preset").addEventListener("change", () => {
    const text = nets.get(find("preset").value)?.stack ?? START;
    clearTimeout(loading);
    if (typed) loading = setTimeout(load, TYPED, text);
    else load(text);
  });
  find("other").addEventListener("change", () => {
    find("other").dataset.kept = stack.value;
    draw();
  });
  find("undo").addEventListener("click", () => {
    stack.focus({ preventScroll: true });
    document.execCommand("undo");
    find("undo").focus({ preventScroll: true });
  });
  find("reset").addEventListener("click", () => load(origin));
  find("pytorch").addEventListener("click", program);
  find("csv").addEventListener("click", () => copy(window.explorerPytorch.csv(result.rows), "a table"));
  stack.addEventListener("input", update);
  stack.addEventListener("scroll", () => { find("gutter").scrollTop = stack.scrollTop; });
  for (const event of ["keyup", "click", "blur"]) stack.addEventListener(event, () => result.problem && !find("problem").textContent && tell());
  find("inside").addEventListener("change", () => { rows(); detail(); });
  find("kind").addEventListener("change", fields);
  find("add").addEventListener("submit", add);
  find("table").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) choose(button.dataset.name);
  });
  find("drawing").addEventListener("click", (event) => {
    const box = event.target.closest("[data-name]");
    if (box && box.dataset.name !== "input") choose(box.dataset.name);
  });
  window.addEventListener("hashchange", () => {
    const text = unpacked(location.hash);
    if (text !== null && !sameText(text, stack.value)) load(text);
  });

  const wanted = unpacked(location.hash);
  stack.value = wanted ?? remembered() ?? START;
  origin = presetOf(stack.value)?.stack ?? (wanted === null ? START : stack.value);
  fields();
  update();
  if (wanted !== null) find("preset").closest(".explorer").scrollIntoView();
})();
