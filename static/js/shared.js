/* Shared: the lines of a tree fold and unfold; what lies below one is fetched when it is first opened. */
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-unfold]");
  if (!button) return;
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
  if (open && !button.dataset.read) {
    button.dataset.read = "1";
    button.dispatchEvent(new Event("unfold", { bubbles: true }));
  }
  show(button.closest("tbody"));
});

/* A line is hidden while any line above it is folded; rows know where they stand: 2.1.3. */
function show(body) {
  const folded = [...body.querySelectorAll('[aria-expanded="false"]')].map((button) => `${button.closest("tr").dataset.row}.`);
  for (const row of body.rows) row.hidden = folded.some((above) => row.dataset.row.startsWith(above));
}
