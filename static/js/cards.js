/* Cards: more of them as they scroll into sight, fresh ones after a change, settings of their view. */
(() => {
  const quoted = (query) => (query ? `&${query}` : "");

  /** The one card in a piece of HTML, or several. */
  function made(html) {
    const box = document.createElement("template");
    box.innerHTML = html;
    return [...box.content.children];
  }

  /* ---- more ------------------------------------------------------------------------------------- */

  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) more(entry.target);
  }, { rootMargin: "600px" });

  async function more(mark) {
    if (mark.loading) return;
    mark.loading = true;
    const glue = mark.dataset.more.includes("?") ? "&" : "?";
    const { ok, status, data } = await window.rounds.fetch(`${mark.dataset.more}${glue}after=${mark.dataset.after}`, { quiet: true });
    mark.loading = false;
    if (status === 404 && mark.dataset.after) { await again(mark); return; }
    if (!ok || !mark.isConnected) return;
    const box = mark.closest("[data-kanban], [data-gallery]");
    for (const card of made(data.html)) {
      const there = box.querySelector(`.card[data-id="${card.dataset.id}"]`);
      if (!there) mark.before(card);
      else if (there.hasAttribute("data-guest") && there.parentElement === mark.parentElement) { there.removeAttribute("data-guest"); mark.before(there); }
    }
    mark.dataset.after = data.after || "";
    if (!data.after) { mark.remove(); return; }
    seen.unobserve(mark); // and again: it may still be in sight
    seen.observe(mark);
  }

  /* The card that the next ones follow is gone: from the one before it, or from the start. */
  async function again(mark) {
    const cards = [...mark.parentElement.querySelectorAll(".card:not([data-guest])")];
    const last = cards.filter((card) => card.dataset.id !== mark.dataset.after).pop();
    const tried = mark.dataset.after;
    mark.dataset.after = last?.dataset.id || "";
    if (mark.dataset.after !== tried) { if (last) last.dataset.guest = ""; await more(mark); }
  }

  function watch(root = document) {
    root.querySelectorAll?.("[data-more]").forEach((mark) => seen.observe(mark));
  }
  watch();
  document.addEventListener("htmx:after:settle", () => watch());

  /* ---- fresh after a change ------------------------------------------------------------------------ */

  /** Ask how the heads are now, and how this card is; null where the server does not say. One question after
      another: the last answer is the newest. */
  function heads(box, id, several = []) {
    box.turn = (box.turn || Promise.resolve()).then(() => ask(box, id, several));
    return box.turn;
  }

  async function ask(box, id, several) {
    const asked = several.length ? `cards=${several.join(",")}` : `card=${id || ""}`;
    const { ok, data } = await window.rounds.fetch(`/v/${box.dataset.view}/data/heads?${asked}${quoted(box.dataset.query)}`, { quiet: true });
    if (!ok || !box.isConnected) return null;
    const line = box.querySelector("[data-scope-line]");
    const words = { shown: data.records, total: data.total };
    if (line) line.textContent = box.dataset.scope.replace(/\{(\w+)\}/g, (_all, name) => words[name].toLocaleString("en-US"));
    return data;
  }

  /** Put a fresh card in the place of the old one, or first in `list`; away where there is none. A card that is
      in hand or whose move is being written stays: what comes of it is asked for at its end. */
  function place(box, id, told, list) {
    const old = box.querySelector(`.card[data-id="${id}"]`);
    if (old?.matches(".is-saving, .sortable-chosen")) return old;
    if (!told) { old?.remove(); return null; }
    const [card] = made(told.html);
    if (old && old.parentElement === list) {
      if (old.hasAttribute("data-guest")) card.dataset.guest = "";
      const inside = old.contains(document.activeElement);
      old.replaceWith(card);
      if (inside) card.querySelector(".card-open").focus();
    } else {
      old?.remove();
      card.dataset.guest = ""; // not where it is sorted; the pages that follow know it
      list.prepend(card);
    }
    return card;
  }

  /* How many there are is asked for after the first cards stand. */
  const counted = () => document.querySelectorAll("[data-gallery]").forEach((box) => {
    if (!box.querySelector("[data-scope-line]").textContent) heads(box);
  });
  counted();
  document.addEventListener("htmx:after:settle", counted);

  async function refreshed({ detail }) {
    for (const box of document.querySelectorAll("[data-gallery]")) {
      if (String(detail.table) !== box.dataset.table || !detail.id) continue;
      const list = box.querySelector("[data-cards]");
      if (!list) { location.reload(); return; }
      const data = await heads(box, detail.id);
      if (data) place(box, detail.id, data.card, list);
    }
  }
  for (const name of ["saved", "created", "gone", "restored"]) document.addEventListener(`rounds:record-${name}`, refreshed);

  /** What others changed: the cards that stand here, and those that came into the view. */
  document.addEventListener("rounds:record-news", async ({ detail }) => {
    const box = document.querySelector(`[data-gallery][data-table="${detail.table}"]`);
    const list = box?.querySelector("[data-cards]");
    if (!box) return;
    if (detail.many || !list) { window.rounds.live.reread(); return; }
    const data = await heads(box, null, detail.ids);
    if (window.rounds.live.later(detail)) return;
    for (const [id, card] of Object.entries(data?.cards || {})) place(box, id, card, list);
  });

  /* ---- settings ------------------------------------------------------------------------------------- */

  function settingsOf(form) {
    const given = {};
    for (const one of form.querySelectorAll("select[data-json]")) given[one.name] = JSON.parse(one.value);
    if ("measure" in given) given.measure = given.measure === null ? null : { kind: "sum", field: given.measure };
    for (const one of form.querySelectorAll("input[type=checkbox]")) given[one.name] = one.checked;
    if (!form.elements.limit) return given;
    given.limit = Number(form.elements.limit.value) || null;
    const own = [...form.querySelectorAll("[name=limits]")].filter((one) => one.value);
    given.limits = Object.fromEntries(own.map((one) => [one.dataset.key, Number(one.value)]));
    return given;
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-view-settings]");
    if (!form) return;
    event.preventDefault();
    const address = form.dataset.viewSettings;
    const { ok, status, data } = await window.rounds.fetch(`${address}/options`, { method: "POST", json: settingsOf(form) });
    if (ok) { location.href = address; return; }
    const error = form.querySelector("[data-error]");
    error.hidden = !(status && status < 500 && data?.error);
    error.textContent = data?.error || "";
  });

  Object.assign(window.rounds, { cards: { heads, place } });
})();
