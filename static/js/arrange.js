/* Arranging a dashboard: by dragging, or with the buttons of each tile. Every step is saved at once
   and can be taken back; the server refuses when somebody else has arranged it meanwhile. */
(() => {
  const WIDTHS = [3, 4, 6, 8, 9, 12];
  const HIGHEST = 12;

  function begin(box) {
    const words = box.dataset;
    let stored = JSON.parse(words.stored);
    let saving = Promise.resolve();

    const tiles = () => [...box.querySelectorAll(".tile")];
    /* As the page stands now: the stored tiles in the order and with the sizes shown. */
    const shown = () => tiles().map((tile) => ({
      ...stored[Number(tile.dataset.at)], w: Number(tile.dataset.w), h: Number(tile.dataset.h),
    }));

    function send(next) {
      const before = stored;
      saving = saving.then(async () => {
        const { ok, status, data } = await window.rounds.fetch(words.arrange, { method: "POST", json: { tiles: next, was: before } });
        if (ok) return true;
        if (status && status < 500 && data?.error) window.rounds.toast({ text: data.error, kind: "attention" });
        return false;
      });
      return saving;
    }

    /** Store what is shown; the tiles are numbered anew. */
    async function keep() {
      const next = shown();
      const fine = await send(next);
      if (!fine) return;
      stored = next;
      tiles().forEach((tile, place) => { tile.dataset.at = place; });
    }

    function size(tile, name, value) {
      tile.classList.replace(`${name}-${tile.dataset[name]}`, `${name}-${value}`);
      tile.dataset[name] = value;
    }

    const acts = {
      earlier: (tile) => tile.previousElementSibling?.before(tile),
      later: (tile) => tile.nextElementSibling?.after(tile),
      narrower: (tile) => size(tile, "w", WIDTHS.filter((one) => one < Number(tile.dataset.w)).pop() || WIDTHS[0]),
      wider: (tile) => size(tile, "w", WIDTHS.find((one) => one > Number(tile.dataset.w)) || 12),
      lower: (tile) => size(tile, "h", Math.max(1, Number(tile.dataset.h) - 1)),
      higher: (tile) => size(tile, "h", Math.min(HIGHEST, Number(tile.dataset.h) + 1)),
    };

    async function remove(tile) {
      const before = stored;
      tile.remove();
      await keep();
      window.rounds.toast({
        text: words.removed, kind: "ok",
        action: { label: words.undo, run: async () => { if (await send(before)) location.reload(); } },
      });
    }

    box.addEventListener("click", (event) => {
      const button = event.target.closest("[data-act]");
      if (!button) return;
      const tile = button.closest(".tile");
      if (button.dataset.act === "remove") { remove(tile); return; }
      acts[button.dataset.act](tile);
      button.focus();
      keep();
    });

    window.Sortable?.create(box, { handle: ".tile-grip", draggable: ".tile", animation: 120, onEnd: keep });
  }

  document.querySelectorAll("[data-arrange]").forEach(begin);
})();
