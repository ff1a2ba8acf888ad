// The tables of layers and of totals. Sets `window.explorerTables`.
window.explorerTables = (() => {
  "use strict";

  const whole = (number) => number.toLocaleString("en-US");
  const SLICE = 60; // rows that are drawn at a time, so that typing never waits for a long table
  let waiting = 0;

  // The rows of one block as one: its sums, and the sizes at its end.
  function blocks(rows) {
    const found = new Map();
    for (const row of rows) {
      if (!found.has(row.block.name)) found.set(row.block.name, []);
      found.get(row.block.name).push(row);
    }
    return [...found].map(([name, inside]) => {
      if (inside.length === 1) return inside[0];
      const sum = (what) => inside.reduce((total, row) => total + row[what], 0);
      const sums = { params: sum("params"), macs: sum("macs"), bytes: sum("bytes") };
      const word = inside[0].block.word;
      const kind = word === "series" ? `block of ${inside.length}` : word;
      return { ...inside.at(-1), ...sums, name, kind, kernel: undefined, window: undefined, isBlock: true, inside };
    });
  }

  const escape = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

  function cells(row, totals, chosen) {
    const share = (what) => `<td style="--share: ${totals[what] ? ((100 * row[what]) / totals[what]).toFixed(1) : 0}%">${whole(row[what])}</td>`;
    const window = row.kernel ? `${row.kernel}; ${row.stride}; ${row.padding}` : "";
    const name = escape(row.name);
    return `<th scope="row"><button type="button" data-name="${name}" aria-pressed="${row.name === chosen}">${name}</button></th>` +
      `<td>${row.kind}</td><td>${window}</td><td>${row.shape.join(" × ")}</td>${share("params")}${share("macs")}${share("bytes")}` +
      `<td>${whole(row.field)}</td><td>${whole(row.jump)}</td>`;
  }

  // Draws the rows that changed, the first at once and the others slice by slice.
  function layers(table, rows, totals, chosen) {
    clearTimeout(waiting);
    const body = table.tBodies[0];
    const drawFrom = (start) => {
      const end = Math.min(rows.length, start + SLICE);
      for (let at = start; at < end; at += 1) {
        const html = cells(rows[at], totals, chosen);
        const line = body.rows[at] ?? body.insertRow();
        if (line.made !== html) {
          line.innerHTML = html;
          line.made = html;
          line.className = rows[at].isBlock ? "explorer-block" : "";
        }
      }
      table.setAttribute("aria-busy", String(end < rows.length));
      if (end < rows.length) waiting = setTimeout(drawFrom, 30, end);
      else while (body.rows.length > rows.length) body.deleteRow(-1);
    };
    drawFrom(0);
  }

  const megabytes = (bytes) => `${(bytes / 1e6).toLocaleString("en-US", { maximumSignificantDigits: 3 })}\u00a0MB`;

  function sums(result) {
    const totals = { params: 0, macs: 0, bytes: 0 };
    for (const row of result.rows) for (const what of Object.keys(totals)) totals[what] += row[what];
    return totals;
  }

  // [what, text, number to compare].
  function lines(result) {
    const { params, macs, bytes } = sums(result);
    const field = result.rows.at(-1)?.field ?? 1;
    return [
      ["Output", result.output ? result.output.join(" × ") : "not reached", null],
      ["Parameters", `${whole(params)} (${megabytes(4 * params)})`, params],
      ["MACs", whole(macs), macs],
      ["Activations", `${whole(bytes)} bytes (${megabytes(bytes)})`, bytes],
      ["Receptive field", `${whole(field)} × ${whole(field)}`, null],
    ];
  }

  // Totals of one net, or of two side by side with the second as a multiple of the first.
  function totals(table, result, other, names) {
    const part = (tag, text, scope) => {
      const made = document.createElement(tag);
      made.textContent = text;
      if (scope) made.scope = scope;
      return made;
    };
    const ours = lines(result), theirs = other ? lines(other) : [];
    table.caption.textContent = result.problem ? `Totals up to line ${result.problem.line - 1}` : "Totals for one image";
    const head = other ? [part("td", ""), ...names.map((name) => part("th", name, "col")), part("th", "ratio", "col")] : [];
    table.tHead.replaceChildren(...(other ? [document.createElement("tr")] : []));
    table.tHead.rows[0]?.append(...head);
    table.tBodies[0].replaceChildren(...ours.map(([what, text, number], index) => {
      const line = document.createElement("tr");
      line.append(part("th", what, "row"), part("td", text));
      if (other) {
        const ratio = number && theirs[index][2] !== null ? `× ${(theirs[index][2] / number).toPrecision(3)}` : "";
        line.append(part("td", theirs[index][1]), part("td", ratio));
      }
      return line;
    }));
  }

  return { blocks, layers, sums, totals };
})();
