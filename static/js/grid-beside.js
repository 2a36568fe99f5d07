/* Grid, the record beside it: up and down go to the next record, and the panel follows the cursor. */
(() => {
  const { Grid } = window.rounds;
  const FOLLOW_MS = 220;

  const panel = () => document.getElementById("panel");

  Grid.parts.push((grid) => {
    const { table } = grid.root.dataset;
    let timer;
    let going = null; // the row of the record that is on its way into the panel

    /** The record in the panel, if it is one of this table. */
    const shown = () => panel()?.querySelector(`[data-record-form][data-table="${table}"]`);

    const placeOf = (form) => {
      const id = Number(form?.dataset.id);
      const active = grid.active && grid.row(grid.active.row);
      return active?.id === id ? grid.active.row : grid.find(id)?.row ?? null;
    };

    async function show(row) {
      const found = grid.row(row) || await grid.ensure(row);
      if (!found?.id || String(found.id) === shown()?.dataset.id) return;
      await window.rounds.openRecord(`/r/${table}/${found.id}`, { stay: true });
    }

    /** The next record in a direction; rows that are none are stepped over. */
    async function step(by) {
      const from = going ?? placeOf(shown());
      if (from === null) return;
      for (let row = from + by; row >= 0 && row < grid.rows; row += by) {
        const found = grid.row(row) || await grid.ensure(row);
        if (!found?.id) continue;
        going = row;
        const focused = document.activeElement?.closest("[data-record-step]") ? by : 0;
        clearTimeout(timer);
        await grid.moveTo(row, grid.active?.column ?? 0, { focus: false });
        clearTimeout(timer);
        await show(row);
        if (going !== row) return; // further on by now
        going = null;
        if (focused) panel().querySelector(`[data-record-step="${by}"]`)?.focus();
        return;
      }
    }

    const pressed = (event) => {
      const button = event.target.closest("[data-record-step]");
      if (button) step(Number(button.dataset.recordStep));
    };
    const keyed = (event) => {
      const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!by || !event.altKey || event.ctrlKey || event.metaKey || !shown() || event.target.closest("select, .ts-wrapper, dialog[open]")) return;
      event.preventDefault();
      step(by);
    };
    const filled = () => {
      const form = shown();
      const at = form ? placeOf(form) : null;
      panel().querySelector("[data-record-steps]")?.toggleAttribute("hidden", at === null);
      if (at !== null && at !== grid.active?.row) grid.moveTo(at, grid.active?.column ?? 0, { focus: false });
    };
    document.addEventListener("click", pressed);
    document.addEventListener("keydown", keyed);
    document.addEventListener("rounds:panel-filled", filled);
    grid.on("destroy", () => {
      clearTimeout(timer);
      document.removeEventListener("click", pressed);
      document.removeEventListener("keydown", keyed);
      document.removeEventListener("rounds:panel-filled", filled);
    });
    grid.on("cursor", () => {
      clearTimeout(timer);
      if (!shown() || grid.editing || !grid.active) return;
      timer = setTimeout(() => { if (shown() && !grid.editing) show(grid.active.row); }, FOLLOW_MS);
    });
  });
})();
