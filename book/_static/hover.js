// The meaning of a word, a name or a citation stands next to its link while the pointer or the focus is on it. Escape
// closes the card; the pointer may move onto it. A finger follows the link, as everywhere.
document.addEventListener("DOMContentLoaded", () => {
  const WAIT = 300; // milliseconds, so that a pointer that passes opens nothing and has time to reach the card
  const told = new Map([...document.querySelectorAll("template.hover-card")].map((one) => [one.dataset.for, one.content]));
  const card = document.createElement("div");
  card.id = "hover-card";
  card.setAttribute("role", "tooltip");
  card.hidden = true;
  (document.querySelector("main") || document.body).append(card);
  let shown, timer;

  const contentOf = (link) => {
    const address = link.getAttribute("href");
    if (told.has(address)) return told.get(address).cloneNode(true);
    const cited = address.startsWith("#") && document.getElementById(address.slice(1));
    return cited && cited.matches(".citation") ? cited.querySelector("p")?.cloneNode(true) : undefined;
  };

  const hide = () => {
    clearTimeout(timer);
    card.hidden = true;
    shown?.removeAttribute("aria-describedby");
    shown = undefined;
  };

  const show = (link) => {
    hide();
    card.replaceChildren(contentOf(link));
    card.querySelectorAll("a").forEach((inner) => inner.replaceWith(...inner.childNodes));
    card.hidden = false;
    const lines = [...link.getClientRects()]; // a link may go on in the next line
    const room = document.documentElement.clientWidth - card.offsetWidth;
    const above = lines.at(-1).bottom + card.offsetHeight > window.innerHeight && lines[0].top > card.offsetHeight;
    const line = above ? lines[0] : lines.at(-1);
    const origin = (card.offsetParent || document.body).getBoundingClientRect();
    card.style.left = `${Math.max(0, Math.min(line.left, room)) - origin.left}px`;
    card.style.top = `${(above ? line.top - card.offsetHeight : line.bottom) - origin.top}px`;
    shown = link;
    link.setAttribute("aria-describedby", card.id);
  };

  const later = (what) => {
    clearTimeout(timer);
    timer = setTimeout(what, WAIT);
  };
  for (const link of document.querySelectorAll('.bd-article a.reference.internal[href*="#"]')) {
    if (!contentOf(link)) continue;
    link.addEventListener("pointerenter", (event) => {
      if (event.pointerType === "mouse") later(() => show(link));
    });
    link.addEventListener("pointerleave", () => later(hide));
    link.addEventListener("focus", () => link.matches(":focus-visible") && show(link));
    link.addEventListener("blur", hide);
  }
  card.addEventListener("pointerenter", () => clearTimeout(timer));
  card.addEventListener("pointerleave", () => later(hide));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
});
