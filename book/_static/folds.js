// What is folded opens by a click anywhere on its title, and when a link or an address leads to it or into it.
document.addEventListener("DOMContentLoaded", () => {
  const button = (fold) => fold.querySelector(":scope > .admonition-title > .toggle-button");
  for (const fold of document.querySelectorAll(".admonition.toggle")) {
    // "Show" is the name of many buttons; the title says what.
    button(fold)?.setAttribute("aria-label", fold.querySelector(".admonition-title").textContent.trim());
  }

  const open = (address) => {
    const place = address && document.getElementById(decodeURIComponent(address.slice(1)));
    for (let node = place; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") node.open = true;
      if (node.matches(".admonition.toggle-hidden")) button(node)?.click();
    }
    return place;
  };
  const arrive = () => open(location.hash)?.scrollIntoView();
  window.addEventListener("hashchange", arrive);
  if (location.hash) arrive();

  // First of all, for the theme's own script takes a click on a word in code or on a formula for one on another title.
  document.addEventListener(
    "click",
    (event) => {
      const link = event.target.closest("a[href]");
      if (link?.hash && link.pathname === location.pathname) open(link.hash);
      const title = event.target.closest(".admonition.toggle > .admonition-title");
      if (!title || event.target === title || event.target.closest(".toggle-button")) return;
      event.stopPropagation();
      if (!link) button(title.parentElement)?.click();
    },
    true,
  );
});
