/* Folding departments of the duty matrix: a row is hidden while any department above it is folded. */
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fold-row]");
  if (!button) return;
  button.setAttribute("aria-expanded", String(button.getAttribute("aria-expanded") !== "true"));
  show(button.closest("[data-matrix]"));
});

function show(table) {
  const hidden = new Set();
  for (const row of table.tBodies[0].rows) {
    const { id, parent } = row.dataset;
    row.hidden = hidden.has(parent);
    const folded = row.querySelector("[data-fold-row]")?.getAttribute("aria-expanded") === "false";
    if (row.hidden || folded) hidden.add(id);
  }
}

/* A large organisation opens folded: the departments first, their branches on demand. */
for (const table of document.querySelectorAll("[data-matrix]")) {
  const rows = [...table.tBodies[0].rows];
  if (rows.length > 40) {
    const tops = rows.filter((row) => row.querySelector("[data-fold-row]") && Number(row.dataset.depth) > 0);
    tops.forEach((row) => row.querySelector("[data-fold-row]").setAttribute("aria-expanded", "false"));
    show(table);
  }
}

/* On a narrow screen the present period is what one looks for, not the oldest. */
document.querySelector(".matrix thead .is-now")?.scrollIntoView({ inline: "nearest", block: "nearest" });
