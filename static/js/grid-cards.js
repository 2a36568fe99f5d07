/* Grid on a phone: rows as cards, more of them as the end comes into view. */
(() => {
  const { Grid } = window.rounds;
  const narrow = matchMedia("(max-width: 768px)");
  const STEP = 50;

  Grid.parts.push((grid) => {
    const list = grid.root.querySelector(".grid-cards");
    let from = 0;
    let busy = false;

    async function more() {
      if (busy || !narrow.matches || (from && from >= grid.known)) return;
      busy = true;
      const answer = await window.rounds.fetch(grid.address("cards", { from, at: grid.at }), { headers: { Accept: "text/html" } });
      busy = false;
      if (!answer.ok) return;
      if (!from) list.replaceChildren();
      list.insertAdjacentHTML("beforeend", answer.text);
      from += STEP;
    }

    const near = () => list.scrollHeight - list.scrollTop - list.clientHeight < 800;
    list.addEventListener("scroll", () => { if (near()) more(); }, { passive: true });
    grid.on("measured", () => { if (near()) more(); });
    const start = () => { if (narrow.matches && !from) more(); };
    narrow.addEventListener("change", start);
    grid.on("destroy", () => narrow.removeEventListener("change", start));
    start();
  });
})();
