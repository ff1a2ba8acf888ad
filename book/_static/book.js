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
