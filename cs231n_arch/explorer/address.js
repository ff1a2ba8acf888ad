// The presets, and what the page keeps: a preset by its name, another stack as its text, in the address and in the
// browser's memory. Sets `window.explorerAddress`.
window.explorerAddress = (() => {
  "use strict";

  const STORE = "cs231n_arch.explorer";
  const ownAddress = !document.body.dataset.jpThemeName; // in JupyterLab the address is not the page's own
  const data = JSON.parse(document.getElementById("explorer-presets").textContent); // [{group, nets: [{name, title, stack}]}]
  const nets = new Map(data.flatMap(({ nets: list }) => list).map((net) => [net.name, net]));

  const sameText = (a, b) => a.trim() === b.trim();
  const presetOf = (text) => [...nets.values()].find((net) => sameText(net.stack, text));
  const packed = (text) => `stack=${encodeURIComponent(text.trimEnd()).replace(/%20/g, "+").replace(/%0A/g, ";")}`;

  // The stack that an address names, or null.
  function unpacked(hash) {
    const wanted = hash.replace(/^#/, "");
    if (nets.has(wanted)) return nets.get(wanted).stack;
    if (!wanted.startsWith("stack=")) return null;
    try {
      return `${decodeURIComponent(wanted.slice(6).replace(/;/g, "%0A").replace(/\+/g, "%20"))}\n`;
    } catch {
      return null; // half an address
    }
  }

  // `start`: the stack that the page shows anyway.
  function remember(text, start) {
    try {
      localStorage.setItem(STORE, text);
    } catch { /* a browser that keeps nothing */ }
    if (!ownAddress || (sameText(text, start) && !location.hash)) return;
    history.replaceState(null, "", `#${presetOf(text)?.name ?? packed(text)}`);
  }

  function remembered() {
    try {
      return localStorage.getItem(STORE);
    } catch {
      return null;
    }
  }

  return { data, nets, sameText, presetOf, unpacked, remember, remembered };
})();
