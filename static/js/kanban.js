/* Kanban: cards moved by dragging, by the menu "Move to …", or by keys. A move is a write of one field
   of the record, at once on the page; what is refused goes back with the reason. */
(() => {
  const boardOf = (node) => node.closest("[data-kanban]");
  const columnOf = (node) => node.closest(".kanban-column");
  const columns = (board) => [...board.querySelectorAll(".kanban-column")];
  const listOf = (column) => column.querySelector(".kanban-cards");
  const nameOf = (card) => card.querySelector(".card-open").textContent;
  const byKey = (board, key) => columns(board).find((one) => one.dataset.key === key);

  /* ---- heads --------------------------------------------------------------------------------------- */

  function showHeads(board, told) {
    if (board.querySelector(".is-saving")) return; // a move is on its way: its end asks again
    for (const column of columns(board)) {
      const head = told[column.dataset.key] || { count: 0, total: "", over: 0 };
      column.querySelector("[data-count]").textContent = head.count.toLocaleString("en-US");
      const total = column.querySelector("[data-total]");
      if (total) total.textContent = head.total;
      const over = column.querySelector("[data-over]");
      over.hidden = !head.over;
      over.textContent = board.dataset.over.replace("{n}", head.over);
      column.classList.toggle("is-over", head.over > 0);
    }
  }

  /** The card and all heads as the server has them now; the view may have been asked anew meanwhile. */
  async function refresh(begun, id) {
    const board = begun.isConnected ? begun : document.querySelector(`[data-kanban][data-view="${begun.dataset.view}"]`);
    if (!board) return;
    const data = await window.rounds.cards.heads(board, id);
    if (!data) return;
    const column = data.card && byKey(board, data.card.column);
    if (data.card && !column) { location.reload(); return; } // a column that was not there
    window.rounds.cards.place(board, id, column ? data.card : null, column && listOf(column));
    showHeads(board, data.columns);
  }

  /* ---- moving --------------------------------------------------------------------------------------- */

  function count(column, by) {
    const shown = column.querySelector("[data-count]");
    shown.textContent = (Number(shown.textContent.replaceAll(",", "")) + by).toLocaleString("en-US");
  }

  /** Write the move of a card that stands in its new column already. Refused, it goes back before the card
      `next`; of several moves under way, to where it stood before the first that was refused. */
  async function moved(card, from, to, next) {
    const board = boardOf(to);
    const { field, table } = board.dataset;
    const name = nameOf(card);
    card.classList.add("is-saving");
    card.moves = (card.moves || 0) + 1;
    card.home ||= { list: listOf(from), next: next?.dataset.id };
    card.dataset.guest = "";
    count(from, -1);
    count(to, 1);
    const { ok, status, data } = await window.rounds.write(`/r/${table}/${card.dataset.id}`, { [field]: JSON.parse(to.dataset.key) }, Number(card.dataset.rev));
    if (ok) Object.assign(card, { home: { list: listOf(to) } }).dataset.rev = data.rev;
    else { count(from, 1); count(to, -1); }
    card.moves -= 1;
    if (!card.moves) {
      card.classList.remove("is-saving");
      if (!ok) back(card);
      card.home = null;
    }
    if (ok) await written(board, card, name, to, data);
    else if (status) refused(board, card, { status, data });
  }

  function back(card) {
    const { list, next } = card.home;
    const inside = card.contains(document.activeElement);
    list.insertBefore(card, next ? list.querySelector(`.card[data-id="${next}"]`) : null);
    if (inside) card.querySelector(".card-open").focus();
  }

  async function written(board, card, name, to, data) {
    const words = board.dataset;
    const text = words.moved.replace("{name}", name).replace("{column}", to.dataset.name);
    if (data.change) window.rounds.undoToast(data.gone ? words.gone : text, { undo: words.undo, undone: words.undone }, data.change, { table: words.table, id: data.id });
    await refresh(board, card.dataset.id);
  }

  /** Why it went back; then the card as it is now: others may have moved it meanwhile. */
  function refused(board, card, { status, data }) {
    const field = board.dataset.field;
    const theirs = data?.values?.[field];
    const now = theirs ? ` ${board.dataset.now}: ${theirs.text || "–"}` : "";
    if ([409, 422].includes(status)) window.rounds.toast({ text: (data?.problems?.[field] || data?.error || board.dataset.refused) + now, kind: "attention" });
    refresh(board, card.dataset.id);
  }

  /** Move a card by menu or key, and keep the focus on it. */
  function send(card, to) {
    const from = columnOf(card);
    if (!to || from === to) return;
    const next = card.nextElementSibling;
    unfold(to);
    listOf(to).prepend(card);
    listOf(to).scrollTop = 0;
    to.scrollIntoView({ block: "nearest", inline: "nearest" });
    card.querySelector(".card-open").focus();
    moved(card, from, to, next);
  }

  /* ---- dragging --------------------------------------------------------------------------------------- */

  function begin(board) {
    if (board.begun) return;
    board.begun = true;
    const kept = folded(board);
    for (const column of columns(board)) if (kept.includes(column.dataset.key)) fold(column, true);
    showFirst(board);
    if (!("movable" in board.dataset) || !window.Sortable) return;
    for (const column of columns(board)) {
      window.Sortable.create(listOf(column), {
        group: `kanban-${board.dataset.view}`, draggable: ".card", sort: false, animation: 140, ghostClass: "is-ghost",
        filter: ".card-move", preventOnFilter: false, delay: 220, delayOnTouchOnly: true, touchStartThreshold: 6,
        onStart: ({ item }) => { item.wasBefore = item.nextElementSibling; },
        onEnd: ({ item, from, to }) => {
          if (from !== to) moved(item, columnOf(from), columnOf(to), item.wasBefore);
        },
      });
    }
  }

  /* On a phone one column fills the screen: the first that holds a card. */
  function showFirst(board) {
    const first = columns(board).find((one) => one.querySelector(".card"));
    if (first && matchMedia("(max-width: 768px)").matches) first.parentElement.scrollLeft = first.offsetLeft - first.parentElement.offsetLeft - 16;
  }

  /* ---- the menu ----------------------------------------------------------------------------------------- */

  let chosen = null; // the card whose menu is open

  document.addEventListener("click", (event) => {
    const opener = event.target.closest(".card-move");
    if (opener) {
      chosen = opener.closest(".card");
      const here = columnOf(chosen).dataset.key;
      for (const item of boardOf(chosen).querySelectorAll("[data-move-to]")) item.hidden = item.dataset.moveTo === here;
    }
    const item = event.target.closest("[data-move-to]");
    if (item && chosen) {
      item.closest("[popover]").hidePopover();
      const board = boardOf(item);
      const card = board.querySelector(`.card[data-id="${chosen.dataset.id}"]`); // drawn afresh while the menu was open, perhaps
      if (card) send(card, byKey(board, item.dataset.moveTo));
    }
  });

  /* ---- keys ------------------------------------------------------------------------------------------------ */

  const STEPS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

  document.addEventListener("keydown", (event) => {
    const card = event.target.matches?.(".kanban .card-open") && event.target.closest(".card");
    const step = STEPS[event.key];
    if (!card || !step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const [aside, down] = step;
    if (down) { walk(card, down); return; }
    const all = columns(boardOf(card));
    const at = all.indexOf(columnOf(card));
    if (event.shiftKey) { if ("movable" in boardOf(card).dataset) send(card, all[at + aside]); }
    else beside(card, all, at, aside);
  });

  function walk(card, down) {
    const cards = [...columnOf(card).querySelectorAll(".card")];
    cards[cards.indexOf(card) + down]?.querySelector(".card-open").focus();
  }

  /** To the card at the same height in the next column that has any. */
  function beside(card, all, at, aside) {
    const place = [...columnOf(card).querySelectorAll(".card")].indexOf(card);
    for (let one = at + aside; all[one]; one += aside) {
      const cards = [...all[one].querySelectorAll(".card")];
      if (!cards.length || all[one].classList.contains("is-folded")) continue;
      cards[Math.min(place, cards.length - 1)].querySelector(".card-open").focus();
      return;
    }
  }

  /* ---- folding: kept on this device ---------------------------------------------------------------------------- */

  const place = (board) => `rounds:kanban:${board.dataset.view}`;
  function folded(board) {
    try { return JSON.parse(localStorage.getItem(place(board))) || []; } catch { return []; }
  }

  function fold(column, is) {
    column.classList.toggle("is-folded", is);
    column.querySelector(".kanban-fold").setAttribute("aria-expanded", String(!is));
  }

  function keep(board) {
    const keys = columns(board).filter((one) => one.classList.contains("is-folded")).map((one) => one.dataset.key);
    try { localStorage.setItem(place(board), JSON.stringify(keys)); } catch { /* a device that keeps nothing */ }
  }

  function unfold(column) {
    if (!column.classList.contains("is-folded")) return;
    fold(column, false);
    keep(boardOf(column));
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest(".kanban-fold");
    if (!button) return;
    const column = columnOf(button);
    fold(column, !column.classList.contains("is-folded"));
    keep(boardOf(column));
  });

  /* ---- what happens elsewhere on the page ------------------------------------------------------------------------- */

  function changed({ detail }) {
    for (const board of document.querySelectorAll("[data-kanban]"))
      if (String(detail.table) === board.dataset.table && detail.id) refresh(board, detail.id);
  }
  for (const name of ["saved", "created", "gone", "restored"]) document.addEventListener(`rounds:record-${name}`, changed);

  /** What others changed, card by card; a board with a new column is read anew. */
  document.addEventListener("rounds:record-news", async ({ detail }) => {
    const board = document.querySelector(`[data-kanban][data-table="${detail.table}"]`);
    if (!board) return;
    if (detail.many || !columns(board).length) { window.rounds.live.reread(); return; }
    const data = await window.rounds.cards.heads(board, null, detail.ids);
    if (!data || window.rounds.live.later(detail)) return;
    const cards = Object.entries(data.cards);
    if (cards.some(([, card]) => card && !byKey(board, card.column))) { window.rounds.live.reread(); return; }
    for (const [id, card] of cards) window.rounds.cards.place(board, id, card, card && listOf(byKey(board, card.column)));
    showHeads(board, data.columns);
  });

  const beginAll = () => document.querySelectorAll("[data-kanban]").forEach(begin);
  beginAll();
  document.addEventListener("htmx:after:settle", beginAll);
})();
