/* Arranging a dashboard: tiles are dragged by their grip and resized by their corner, or with the
   arrow keys. Every step is saved at once and can be taken back. */
(() => {
  const WIDEST = 12;
  const HIGHEST = 12;

  function begin(box) {
    const words = box.dataset;
    const undoButton = document.querySelector("[data-take-back]");
    const said = document.querySelector("[data-said]");
    const past = [];
    let stored = JSON.parse(words.stored);
    let saving = Promise.resolve(true);

    /* What each tile holds, by its element; the page shows order and sizes. */
    const held = new Map();
    const tiles = () => [...box.querySelectorAll(":scope > .tile")];
    tiles().forEach((tile) => held.set(tile, stored[Number(tile.dataset.at)]));

    const scene = () => tiles().map((tile) => ({ tile, w: Number(tile.dataset.w), h: Number(tile.dataset.h) }));
    const written = (shown) => shown.map(({ tile, w, h }) => ({ ...held.get(tile), w, h }));
    let now = scene();
    let kept = now; // what is stored, as a scene
    let under = 0; // steps that are not answered yet

    function size(tile, name, value) {
      tile.classList.replace(`${name}-${tile.dataset[name]}`, `${name}-${value}`);
      tile.dataset[name] = value;
    }

    function show(shown) {
      for (const tile of tiles()) if (!shown.some((one) => one.tile === tile)) tile.remove();
      for (const { tile, w, h } of shown) { size(tile, "w", w); size(tile, "h", h); box.append(tile); }
    }

    function send(next) {
      saving = saving.then(async () => {
        const { ok, status, data } = await window.rounds.fetch(words.arrange, { method: "POST", json: { tiles: next, was: stored } });
        if (ok) { stored = data.tiles || next; return true; }
        if (status && status < 500 && data?.error) window.rounds.toast({ text: data.error, kind: "attention" });
        return false;
      });
      return saving;
    }

    /** Store what is shown; refused, the page goes back to what is stored. */
    async function keep({ undoing = false } = {}) {
      const before = now;
      const shown = scene();
      if (JSON.stringify(written(shown)) === JSON.stringify(written(before)) && shown.length === before.length
        && shown.every((one, place) => one.tile === before[place].tile)) return true;
      now = shown;
      if (!undoing) past.push(before);
      undoButton.disabled = !past.length;
      under += 1;
      const done = await send(written(shown));
      under -= 1;
      if (done) {
        kept = shown;
        shown.forEach(({ tile }, place) => held.set(tile, stored[place]));
        return true;
      }
      if (!undoing) past.pop();
      if (!under) { now = kept; show(kept); }
      undoButton.disabled = !past.length;
      return false;
    }

    async function undo() {
      const before = past.pop();
      if (!before) return;
      show(before);
      await keep({ undoing: true });
      undoButton.disabled = !past.length;
    }

    function tell(tile) {
      const all = tiles();
      const values = { n: all.indexOf(tile) + 1, all: all.length, w: tile.dataset.w, h: tile.dataset.h };
      said.textContent = words.place.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
    }

    async function remove(tile) {
      const next = tile.nextElementSibling || tile.previousElementSibling;
      tile.remove();
      next?.querySelector("[data-grip]")?.focus();
      if (!(await keep())) return;
      const action = { label: words.undo, run: undo };
      if (held.get(tile).kept === undefined) { window.rounds.toast({ text: words.removed, kind: "ok", action }); return; }
      past.length = 0; // what stood in it was never here: nothing can be put back past this
      undoButton.disabled = true;
      window.rounds.toast({ text: words.removed, kind: "ok" });
    }

    async function duplicate(tile) {
      const shown = written(scene());
      const place = tiles().indexOf(tile);
      if (await send([...shown.slice(0, place + 1), shown[place], ...shown.slice(place + 1)])) location.reload();
    }

    /* ---- by hand --------------------------------------------------------------------------- */

    document.addEventListener("click", (event) => {
      if (event.target.closest("[data-take-back]")) { undo(); return; }
      const button = event.target.closest("[data-act], [data-edit]");
      const tile = button?.closest(".tile");
      if (!tile || !box.contains(tile)) return;
      if (button.dataset.act === "remove") remove(tile);
      else if (button.dataset.act === "duplicate") duplicate(tile);
      else saving.then(() => window.htmx.ajax("GET", `${button.dataset.edit}?at=${tiles().indexOf(tile)}`, { target: "#dialog-body", source: button }));
    });

    /* The corner: as many columns and rows as the pointer has covered. */
    box.addEventListener("pointerdown", (event) => {
      const corner = event.target.closest("[data-corner]");
      if (!corner || event.button) return;
      event.preventDefault();
      const tile = corner.closest(".tile");
      const style = getComputedStyle(box);
      const column = (box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) + parseFloat(style.columnGap)) / WIDEST;
      const row = parseFloat(style.gridAutoRows) + parseFloat(style.rowGap);
      const from = { x: event.clientX, y: event.clientY, w: Number(tile.dataset.w), h: Number(tile.dataset.h) };
      corner.setPointerCapture(event.pointerId);
      tile.classList.add("is-sizing");
      const move = (at) => {
        size(tile, "w", Math.min(WIDEST, Math.max(1, from.w + Math.round((at.clientX - from.x) / column))));
        size(tile, "h", Math.min(HIGHEST, Math.max(1, from.h + Math.round((at.clientY - from.y) / row))));
      };
      const end = () => {
        corner.removeEventListener("pointermove", move);
        tile.classList.remove("is-sizing");
        keep();
      };
      corner.addEventListener("pointermove", move);
      corner.addEventListener("lostpointercapture", end, { once: true });
    });

    /* ---- by keyboard ----------------------------------------------------------------------- */

    const STEPS = {
      ArrowLeft: (tile) => tile.previousElementSibling?.before(tile),
      ArrowUp: (tile) => tile.previousElementSibling?.before(tile),
      ArrowRight: (tile) => tile.nextElementSibling?.after(tile),
      ArrowDown: (tile) => tile.nextElementSibling?.after(tile),
    };
    const SIZES = { ArrowLeft: ["w", -1], ArrowRight: ["w", 1], ArrowUp: ["h", -1], ArrowDown: ["h", 1] };

    box.addEventListener("keydown", (event) => {
      const grip = event.target.closest("[data-grip]");
      if (!grip || event.ctrlKey || event.metaKey || event.altKey) return;
      const tile = grip.closest(".tile");
      if (event.key === "Delete") { event.preventDefault(); remove(tile); return; }
      if (!STEPS[event.key]) return;
      event.preventDefault();
      if (event.shiftKey) {
        const [name, step] = SIZES[event.key];
        const most = name === "w" ? WIDEST : HIGHEST;
        size(tile, name, Math.min(most, Math.max(1, Number(tile.dataset[name]) + step)));
      } else {
        STEPS[event.key](tile);
      }
      grip.focus();
      tell(tile);
      keep();
    });

    document.addEventListener("keydown", (event) => {
      const typing = event.target.closest?.("input, textarea, select, dialog");
      if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z" && !typing) {
        event.preventDefault();
        undo();
      }
    });

    window.Sortable?.create(box, { handle: ".tile-grip", draggable: ".tile", animation: 120, onEnd: () => keep() });
  }

  document.querySelectorAll("[data-arrange]").forEach(begin);
})();
