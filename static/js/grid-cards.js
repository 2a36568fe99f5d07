/* Grid on a phone: rows as cards, more of them as the end comes into view; groups as headings. */
(() => {
  const { Grid } = window.rounds;
  const narrow = matchMedia("(max-width: 768px)");
  const STEP = 50;

  Grid.parts.push((grid) => {
    const list = grid.root.querySelector(".grid-cards");
    const grouped = grid.levels.length > 0;
    let from = 0; // the next record, or the next line where there are groups
    let busy = false;

    async function more() {
      if (busy || !narrow.matches || (from && from >= grid.known)) return;
      busy = true;
      await (grouped ? addLines() : addCards());
      busy = false;
    }

    async function ask(extra) {
      const answer = await window.rounds.fetch(grid.address("cards", { ...extra, at: grid.at }), { headers: { Accept: "text/html" } });
      return answer.ok ? answer.text : null;
    }

    async function addCards() {
      const text = await ask({ from });
      if (text === null) return;
      if (!from) list.replaceChildren();
      list.insertAdjacentHTML("beforeend", text);
      from += STEP;
    }

    /** The next lines: cards fetched by their places, headings made here. */
    async function addLines() {
      if (!grid.counted) return;
      const lines = grid.linesOf(from, STEP);
      const places = lines.flatMap((one) => one.index ?? []);
      const box = document.createElement("ul");
      if (places.length) box.innerHTML = (await ask({ ranges: spans(places) })) ?? "";
      const cards = [...box.children];
      if (!from) list.replaceChildren();
      list.append(...lines.map(({ node }) => (node ? heading(node) : cards.shift() || "")));
      from += STEP;
    }

    function spans(places) {
      const found = [];
      for (const place of places) {
        if (found.at(-1)?.[1] === place - 1) found.at(-1)[1] = place;
        else found.push([place, place]);
      }
      return found.map((one) => one.join("-")).join(",");
    }

    function heading(node) {
      const line = Object.assign(document.createElement("li"), { className: `card-heading level-${node.level}` });
      line.append(...grid.labelOf(node));
      const fold = line.firstChild;
      fold.tabIndex = 0;
      line.addEventListener("click", () => grid.toggle(node));
      return line;
    }

    async function again() {
      const top = list.scrollTop;
      const upTo = Math.min(from, grid.known);
      from = 0;
      do await more(); while (from < upTo && from < grid.known && !busy);
      list.scrollTop = top;
    }

    const near = () => list.scrollHeight - list.scrollTop - list.clientHeight < 800;
    list.addEventListener("scroll", () => { if (near()) more(); }, { passive: true });
    grid.on("measured", () => { if (near()) more(); });
    grid.on("folded", () => { if (narrow.matches) again(); });
    const start = () => { if (narrow.matches && !from) more(); };
    narrow.addEventListener("change", start);
    grid.on("destroy", () => narrow.removeEventListener("change", start));
    start();
  });
})();
