// A figure is shown as large as the window by a click, Enter or Space; a click or Escape closes it.
document.addEventListener("DOMContentLoaded", () => {
  const images = document.querySelectorAll(".bd-article figure img");
  if (!images.length || !window.HTMLDialogElement) return;
  const dialog = document.createElement("dialog");
  dialog.className = "enlarged";
  dialog.setAttribute("aria-label", "Figure");
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "Close";
  const shown = new Image();
  dialog.append(close, shown);
  dialog.addEventListener("click", () => dialog.close());
  document.body.append(dialog);

  const enlarge = (image) => {
    shown.src = image.src;
    shown.alt = image.alt;
    dialog.showModal();
  };
  for (const image of images) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "enlarge " + image.className; // the light or the dark version, as the page is
    button.title = "Enlarge";
    image.replaceWith(button);
    button.append(image);
    button.addEventListener("click", () => enlarge(image));
  }
});
