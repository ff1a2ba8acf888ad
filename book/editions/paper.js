// Fit the bound book to paper: run in Chromium, before it prints. Sizes are in pixels; a sheet's text is 658 wide.
const images = [...document.images];
for (const image of images) image.loading = "eager"; // else it has no height before it is printed
return Promise.all(images.map((image) => image.decode()))
  .then(() => document.fonts.ready)
  .then(fit)
  .then(() => true);

function fit() {
  const COLUMN = document.body.clientWidth;
  const FIGURE = 340; // height up to which a figure is as wide as it can be
  const READABLE = 0.66; // of its own size, a figure's letters are still 6.6 points high
  const SHEET = 971;
  const SHORT = 250; // height of a reference

  // What is wider than the column is made as much smaller as it needs.
  for (const node of document.querySelectorAll("table, .math-block")) {
    if (node.scrollWidth > COLUMN) node.style.zoom = Math.max(0.35, COLUMN / node.scrollWidth);
  }

  // A high figure moves to the next page and leaves this one empty, so it becomes smaller.
  for (const image of document.querySelectorAll("figure img")) {
    const smallest = (READABLE * image.naturalWidth) / image.offsetWidth;
    const wanted = Math.max(FIGURE / image.offsetHeight, smallest);
    if (wanted < 1) image.style.width = `${image.offsetWidth * wanted}px`;
  }

  // A short piece of code and a table of less than half a page stay on one page.
  for (const code of document.querySelectorAll("pre")) {
    if (code.offsetHeight < 350) code.style.setProperty("break-inside", "avoid", "important");
  }
  for (const figure of document.querySelectorAll("figure.framed")) {
    if (figure.offsetHeight < 480) figure.style.setProperty("break-inside", "avoid", "important");
  }

  // A colophon goes to the next page with the last reference, not alone.
  for (const colophon of document.querySelectorAll(".colophon")) {
    let last = colophon.previousElementSibling;
    while (last?.matches("section, div:not(.citation)") && last.lastElementChild) last = last.lastElementChild;
    if (!last || last.offsetHeight > SHORT) continue;
    const box = document.createElement("div");
    box.className = "kept";
    last.before(box);
    box.append(last, colophon);
  }

  // A figure that does not fit on its sheet lets the text that follows it go first. Columns as high as a sheet show
  // where that is so.
  function following(node) {
    while (node && !node.nextElementSibling && !node.matches("article")) node = node.parentElement;
    let next = node?.nextElementSibling;
    while (next?.matches("section")) next = next.firstElementChild;
    return [next, next?.matches("h2, h3, h4") ? next.nextElementSibling : next]; // a heading takes its text along
  }
  function preceding(node) {
    while (!node.previousElementSibling && !node.matches("article")) node = node.parentElement;
    let last = node.previousElementSibling;
    while (last?.matches("section") && last.lastElementChild) last = last.lastElementChild;
    return last;
  }
  function height(first, last) {
    return first === last ? last.offsetHeight : first.offsetHeight + last.offsetHeight + 40; // with margins
  }
  function room(article, figure) {
    const before = [...(preceding(figure)?.getClientRects() ?? [])].at(-1);
    if (!before || figure.getBoundingClientRect().left < before.left + COLUMN / 2) return 0;
    return article.getBoundingClientRect().top + SHEET - before.bottom - 16;
  }
  for (const article of document.querySelectorAll("article")) {
    const style = article.getAttribute("style") ?? "";
    article.style.cssText = `${style}; column-width: ${COLUMN}px; column-fill: auto; height: ${SHEET}px`;
    for (const figure of article.querySelectorAll("figure")) {
      let [first, last] = following(figure);
      while (last?.matches("p, ul, ol, .math-block") && height(first, last) < room(article, figure)) {
        last.after(figure);
        [first, last] = following(figure);
      }
    }
    article.style.cssText = style;
  }
}
