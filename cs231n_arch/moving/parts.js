// What the moving figures share. Sets `window.movingParts`.
window.movingParts = (() => {
  "use strict";

  // The figure's data and the place that its script fills; null where the page has none, or has filled it already.
  // What stood there, for readers without scripts, goes.
  function begin(name) {
    const figure = document.getElementById(`moving-${name}`);
    if (!figure || figure.dataset.live) return null;
    figure.dataset.live = "yes";
    const live = made("div"), data = JSON.parse(document.getElementById(`moving-${name}-data`).textContent);
    figure.replaceChildren(live, made("figcaption", {}, data.caption));
    return { live, data };
  }

  function made(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  const bar = (...children) => made("div", { class: "moving-bar" }, ...children);

  // A labeled choice of `values`; `changed` is called after a choice.
  function choice(text, values, value, changed) {
    const field = made("select", {}, ...values.map((one) => made("option", { value: one }, String(one))));
    field.value = value;
    field.addEventListener("change", changed);
    return { field, label: made("label", {}, text, field) };
  }

  // A labeled slider over whole numbers from 0; the arrow keys move it.
  function slider(text, most, moved) {
    const field = made("input", { type: "range", min: 0, max: most, step: 1, value: 0 });
    field.addEventListener("input", moved);
    return { field, label: made("label", { class: "moving-wide" }, text, field) };
  }

  // A button that moves a slider on by itself; absent where the reader has asked for less motion.
  function play(field, delay) {
    const button = made("button", { type: "button" }, "Play");
    let timer = 0;
    const stop = () => {
      clearInterval(timer);
      timer = 0;
      button.textContent = "Play";
    };
    const go = (value) => {
      field.value = value;
      field.dispatchEvent(new Event("input"));
    };
    button.addEventListener("click", () => {
      if (timer) return stop();
      if (Number(field.value) >= Number(field.max)) go(0);
      button.textContent = "Stop";
      timer = setInterval(() => {
        if (!button.isConnected || Number(field.value) >= Number(field.max)) stop();
        else go(Number(field.value) + 1);
      }, delay);
    });
    const calm = matchMedia("(prefers-reduced-motion: reduce)");
    const heed = () => {
      button.hidden = calm.matches;
      if (calm.matches) stop();
    };
    calm.addEventListener("change", heed);
    heed();
    return { button, playing: () => timer !== 0 };
  }

  const number = (value) => String(value).replace("-", "−");
  const whole = (value) => value.toLocaleString("en");

  return { begin, made, bar, choice, slider, play, number, whole };
})();
