// The explorer's page: what the reader types is computed anew at each key.
(() => {
  "use strict";

  const { KINDS } = window.explorerNotation;
  const { evaluate, smallestInput } = window.explorerArithmetic;
  const find = (id) => document.getElementById(`explorer-${id}`);
  const presets = JSON.parse(find("presets").textContent);
  const first = "input 3x32x32\nconv 32 3x3 pad 1\nrelu\nmax_pool 2x2\ninception 16 16 32 8 16 16\nresidual 128 stride 2\nglobal_pool\nfc 10\n";
  const whole = (number) => number.toLocaleString("en-US");

  function element(tag, text = "", attributes = {}) {
    const made = document.createElement(tag);
    made.textContent = text;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  }

  function megabytes(bytes) {
    return `${(bytes / 1e6).toLocaleString("en-US", { maximumSignificantDigits: 3 })}\u00a0MB`;
  }

  // Rows with the same first part of the name are one block: its sums, and the sizes at its end.
  function blocks(rows) {
    const found = new Map();
    for (const row of rows) {
      const name = row.name.split(".")[0];
      const inside = found.get(name) ?? [];
      found.set(name, [...inside, row]);
    }
    return [...found].map(([name, inside]) => {
      if (inside.length === 1) return inside[0];
      const sum = (what) => inside.reduce((total, row) => total + row[what], 0);
      const last = inside.at(-1);
      const sums = { params: sum("params"), macs: sum("macs"), bytes: sum("bytes") };
      return { ...last, ...sums, name, kind: `block of ${inside.length}`, kernel: undefined, isBlock: true };
    });
  }

  function tableRow(row, totals) {
    const line = element("tr", "", row.isBlock ? { class: "explorer-block" } : {});
    const share = (what) => ({ style: `--share: ${totals[what] ? (100 * row[what]) / totals[what] : 0}%` });
    line.append(
      element("th", row.name, { scope: "row" }),
      element("td", row.kind),
      element("td", row.kernel ? `${row.kernel}; ${row.stride}; ${row.padding}` : ""),
      element("td", row.shape.join(" × ")),
      element("td", whole(row.params), share("params")),
      element("td", whole(row.macs), share("macs")),
      element("td", whole(row.bytes), share("bytes")),
      element("td", whole(row.field)),
      element("td", whole(row.jump)),
    );
    return line;
  }

  function explain(problem, text) {
    if (!problem) return "";
    const where = `Line ${problem.line}: ${problem.message}.`;
    if (!problem.tooSmall) return where;
    const smallest = smallestInput(text);
    return smallest
      ? `${where} The smallest square image that reaches the last layer is ${smallest}x${smallest}.`
      : `${where} No square image reaches the last layer.`;
  }

  function summary(result, totals) {
    const list = element("dl");
    const add = (term, text) => list.append(element("dt", term), element("dd", text));
    add("Output", result.output ? result.output.join(" × ") : "not reached");
    add("Parameters", `${whole(totals.params)} (${megabytes(4 * totals.params)})`);
    add("MACs for one image", whole(totals.macs));
    add("Activations for one image", `${whole(totals.bytes)} bytes (${megabytes(totals.bytes)})`);
    const last = result.rows.at(-1);
    add("Receptive field at the end", last ? `${whole(last.field)} × ${whole(last.field)} pixels` : "1 × 1 pixels");
    return list;
  }

  function update() {
    const text = find("stack").value;
    const result = evaluate(text);
    const totals = { params: 0, macs: 0, bytes: 0 };
    for (const row of result.rows) for (const what of Object.keys(totals)) totals[what] += row[what];

    const told = explain(result.problem, text);
    if (find("problem").textContent !== told) find("problem").textContent = told; // a repeated alert is not read again
    find("stack").setAttribute("aria-invalid", String(Boolean(result.problem)));
    find("summary").replaceChildren(summary(result, totals));

    const notes = find("notes");
    notes.hidden = result.notes.length === 0;
    const count = result.notes.length === 1 ? "1 window does" : `${result.notes.length} windows do`;
    notes.querySelector("summary").textContent = `${count} not fit a whole number of times`;
    notes.querySelector("ul").replaceChildren(
      ...result.notes.map((note) => element("li", `Line ${note.line}, ${note.name}: ${note.text}.`)),
    );

    const shown = find("inside").checked ? result.rows : blocks(result.rows);
    find("table").tBodies[0].replaceChildren(...shown.map((row) => tableRow(row, totals)));
  }

  // The fields that the chosen kind of layer has.
  function fields() {
    const kind = KINDS[find("kind").value];
    const wanted = [...kind.numbers, ...kind.options];
    const usual = { maps: "64", kernel: "3x3", stride: "", pad: "", groups: "" };
    find("fields").replaceChildren(
      ...wanted.map((what) => {
        const label = element("label", `${what.replace("_", " ")} `);
        const flag = ["no_bias", "ceil", "copy"].includes(what);
        const field = flag
          ? element("input", "", { type: "checkbox" })
          : element("input", "", { type: "text", inputmode: "numeric", value: usual[what] ?? "32" });
        field.dataset.what = what;
        field.dataset.option = String(kind.options.includes(what));
        label.append(field);
        return label;
      }),
    );
  }

  function add(event) {
    event.preventDefault();
    const words = [...find("fields").querySelectorAll("input")].map((field) => {
      const { what, option } = field.dataset;
      if (field.type === "checkbox") return field.checked ? what : "";
      const value = field.value.trim();
      return option === "true" && value ? `${what} ${value}` : value;
    });
    const stack = find("stack");
    stack.value = `${stack.value.trimEnd()}\n${[find("kind").value, ...words].filter(Boolean).join(" ")}\n`;
    stack.scrollTop = stack.scrollHeight;
    find("preset").value = "";
    update();
  }

  function choose() {
    find("stack").value = presets[find("preset").value] ?? first;
    find("stack").scrollTop = 0;
    update();
  }

  find("preset").append(
    element("option", "a small net of every kind of layer", { value: "" }),
    ...Object.keys(presets).map((name) => element("option", name, { value: name })),
  );
  find("kind").append(
    ...Object.keys(KINDS).filter((kind) => !KINDS[kind].block).map((kind) => element("option", kind, { value: kind })),
  );
  find("preset").addEventListener("change", choose);
  find("stack").addEventListener("input", update);
  find("inside").addEventListener("change", update);
  find("kind").addEventListener("change", fields);
  find("add").addEventListener("submit", add);
  fields();
  choose();
})();
