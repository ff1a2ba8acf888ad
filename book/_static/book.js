// The names that assistive technology reads are the texts that are seen (the theme's templates differ).
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".search-button-field").forEach((button) => button.removeAttribute("aria-label"));
  document.querySelectorAll(".theme-switch").forEach((icon) => icon.removeAttribute("title"));
});

// What scrolls sideways can be reached with the keyboard.
window.addEventListener("load", () => {
  document.querySelectorAll("figure, .cell_output .output.text_html, .math-block").forEach((region) => {
    if (region.scrollWidth > region.clientWidth) region.tabIndex = 0;
  });
});

// The arrow keys turn the pages and "/" opens the search, unless something has the focus that may use these keys itself.
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
  if (document.activeElement !== document.body || (event.shiftKey && event.key !== "/")) return;
  const wanted = { ArrowLeft: "a.left-prev", ArrowRight: "a.right-next", "/": ".search-button__button" }[event.key];
  const control = wanted && [...document.querySelectorAll(wanted)].find((one) => one.checkVisibility());
  if (!control) return;
  event.preventDefault();
  control.click();
});
