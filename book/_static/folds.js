// What is folded opens by a click anywhere on its title, and when a link or an address leads to it or into it.
document.addEventListener("DOMContentLoaded", () => {
  const button = (fold) => fold.querySelector(":scope > .admonition-title > .toggle-button");
  for (const fold of document.querySelectorAll(".admonition.toggle")) {
    // "Show" is the name of many buttons; the title says what.
    button(fold)?.setAttribute("aria-label", fold.querySelector(".admonition-title").textContent.trim());
  }

  const named = (address) => {
    const name = address.slice(1);
    try {
      return document.getElementById(decodeURIComponent(name));
    } catch {
      return document.getElementById(name); // a percent sign that begins no code
    }
  };
  const open = (address) => {
    const place = address && named(address);
    for (let node = place; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") node.open = true;
      if (node.matches(".admonition.toggle-hidden")) button(node)?.click();
    }
    return place;
  };
  const arrive = () => open(location.hash)?.scrollIntoView();

  // In the capture phase, before the theme's script, which mistakes a click on code or a formula in a title for one on
  // another title.
  document.addEventListener(
    "click",
    (event) => {
      const link = event.target.closest("a[href]");
      // With one of these keys the link opens elsewhere, and this page stays as it is.
      const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
      if (link?.hash && link.pathname === location.pathname && !elsewhere) open(link.hash);
      const title = event.target.closest(".admonition.toggle > .admonition-title");
      if (!title || event.target === title || event.target.closest(".toggle-button")) return;
      event.stopPropagation();
      if (!link) button(title.parentElement)?.click();
    },
    true,
  );
  window.addEventListener("hashchange", arrive);
  if (location.hash) arrive();
});
