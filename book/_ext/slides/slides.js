// One slide at a time. Without this script all slides stand below each other.
const slides = [...document.querySelectorAll("section")];
let at = 0;

function show(to, focus = true) {
  at = Math.max(0, Math.min(slides.length - 1, to));
  slides.forEach((slide, place) => slide.classList.toggle("now", place === at));
  document.getElementById("number").textContent = `${at + 1} / ${slides.length}`;
  history.replaceState(null, "", `#${at + 1}`);
  scrollTo(0, 0);
  if (focus) slides[at].querySelector("h1, h2").focus({ preventScroll: true });
}

function on() {
  const later = slides[at].querySelector(".later:not(.shown)");
  if (!later) return at + 1 < slides.length && show(at + 1);
  later.classList.add("shown");
  later.focus();
}

const back = () => at && show(at - 1);
const KEYS = {
  ArrowRight: on, ArrowDown: on, PageDown: on, " ": on, ArrowLeft: back, ArrowUp: back, PageUp: back,
  Home: () => show(0), End: () => show(slides.length - 1),
};

addEventListener("keydown", (event) => {
  const act = KEYS[event.key];
  if (!act || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === " " && event.target.closest("button, a")) return; // they have their own use for it
  if (event.target.closest("[tabindex='0']") && event.key !== " ") return; // what scrolls, too
  event.preventDefault();
  act();
});
document.querySelector("main").addEventListener("click", (event) => {
  if (!event.target.closest("a, pre") && !String(getSelection())) on();
});
document.getElementById("back").addEventListener("click", back);
document.getElementById("on").addEventListener("click", on);
addEventListener("hashchange", () => show(Number(location.hash.slice(1)) - 1 || 0));
document.body.classList.add("one");
show(Number(location.hash.slice(1)) - 1 || 0, false);
