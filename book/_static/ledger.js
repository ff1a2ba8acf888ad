// The ledger's filter: words, chapter, verdict, and the order of the chapters or of the lecture.
document.addEventListener("DOMContentLoaded", () => {
  const ledger = document.querySelector(".ledger");
  if (!ledger) return;
  const form = ledger.querySelector(".ledger-filter");
  const list = ledger.querySelector(".ledger-rows");
  const count = ledger.querySelector(".ledger-count");
  const rows = [...list.children];
  const later = 1e9; // what the lecture does not say comes after what it says
  const seconds = (row) => Number(row.dataset.seconds || later);
  const inLecture = [...rows].sort((one, other) => seconds(one) - seconds(other));

  const show = () => {
    const words = form.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      const fits =
        (!form.chapter.value || row.dataset.chapter === form.chapter.value) &&
        (!form.verdict.value || row.dataset.verdict === form.verdict.value) &&
        words.every((word) => text.includes(word));
      row.hidden = !fits;
      shown += fits;
    }
    list.append(...(form.order.value === "lecture" ? inLecture : rows));
    count.textContent = `${shown} of ${rows.length} claims`;
  };

  form.addEventListener("input", show);
  form.addEventListener("change", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
});
