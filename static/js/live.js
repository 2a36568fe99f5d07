/* What others change appears in an open view within seconds, quietly: each kind of view reads anew what it
   shows (`rounds:record-news`); parts that the server draws (`data-live-part`) are patched where they differ.
   Nothing moves beneath a hand that drags, types or chooses; a hidden page asks for nothing. */
(() => {
  const EVERY_MS = 5000;
  const SLOWEST_MS = 60_000;
  const REST = 8; // a page rests so many times as long as its last refresh took
  const MOST_SHOWN = 200; // records of the page that are asked about
  const view = () => document.querySelector("[data-news]");
  const content = () => document.querySelector("main .content, .content");

  let since = "";
  let wait = EVERY_MS;
  let timer = 0;
  let asking = false;
  let held = null; // what waits until the hands are off: table → {ids, many}
  let rested = 0; // when the next refresh may begin
  const known = new Set(); // "table:id:rev" told before

  /** Asked without a word when it fails: nobody did anything. What is answered is read as `as`. */
  async function ask(url, accept, as) {
    try {
      const answer = await fetch(url, { credentials: "same-origin", headers: accept, signal: AbortSignal.timeout(20_000) });
      return { status: answer.status, answer: answer.ok ? await answer[as]() : null };
    } catch { return { status: 0, answer: null }; }
  }

  /* ---- what happened ------------------------------------------------------------------------------ */

  /** The records that the page shows, by table, as its links name them. */
  function shown() {
    const ids = new Map();
    for (const link of content()?.querySelectorAll('a[href^="/r/"]') || []) {
      const [, table, id] = /^\/r\/(\d+)\/(\d+)/.exec(link.getAttribute("href")) || [];
      if (!id) continue;
      if (!ids.has(table)) ids.set(table, new Set());
      if (ids.get(table).size < MOST_SHOWN) ids.get(table).add(id);
    }
    return ids;
  }

  let query = ""; // of the view, also while a record's panel stands in the address
  function address() {
    const path = `/v/${view().dataset.view}`;
    if (location.pathname === path) query = location.search;
    return path + query;
  }

  const soon = (ms) => { clearTimeout(timer); timer = setTimeout(look, ms); };

  async function look() {
    const tools = view();
    if (!tools || document.hidden || asking) return;
    asking = true;
    address();
    const url = new URL(`/v/${tools.dataset.view}/data/news`, location.origin);
    if (since) url.searchParams.set("since", since);
    if (since) for (const [table, ids] of shown()) url.searchParams.set(`ids.${table}`, [...ids].join(","));
    const { status, answer } = await ask(url, { Accept: "application/json" }, "json");
    asking = false;
    if ([401, 403, 404].includes(status)) return;
    wait = answer ? EVERY_MS : Math.min(SLOWEST_MS, wait * 2);
    if (answer) take(answer);
    soon(wait);
  }

  function take({ now, tables, stale }) {
    since = now;
    if (stale) hold(view().dataset.table, [], true);
    for (const [table, { written, gone, many }] of Object.entries(tables)) {
      const fresh = written.filter((one) => !known.has(`${table}:${one}`));
      for (const one of fresh) known.add(`${table}:${one}`);
      const ids = [...new Set([...fresh.map((one) => one.split(":")[0]), ...gone.map(String)])];
      if (ids.length || many) hold(table, ids, many);
    }
    release();
  }

  function hold(table, ids, many) {
    held ||= new Map();
    const one = held.get(table) || { ids: new Set(), many: false };
    for (const id of ids) one.ids.add(id);
    one.many ||= many;
    held.set(table, one);
  }

  /* ---- hands off -------------------------------------------------------------------------------------- */

  let pressed = false;
  const press = (is) => () => { pressed = is; };
  addEventListener("pointerdown", press(true), true);
  for (const name of ["pointerup", "pointercancel", "dragend"]) addEventListener(name, press(false), true);
  addEventListener("blur", press(false)); // of the window

  /** Somebody drags, types in the view, or has a menu or dialog of it open. */
  function busy() {
    const box = content();
    const typed = document.activeElement?.matches("input, textarea, select, [contenteditable]") && box?.contains(document.activeElement);
    return pressed || typed || Boolean(box?.querySelector("dialog[open], :popover-open, .sortable-chosen, .is-dragging, .is-held, .is-saving, .fc-event-dragging, .fc-event-resizing"));
  }

  let waiting = 0;
  function release() {
    clearTimeout(waiting);
    if (!held) return;
    if (busy() || document.hidden || performance.now() < rested) { waiting = setTimeout(release, 700); return; }
    refresh();
  }

  /** Whether hands came back while news were read: then they are told again once those are off. */
  function later({ table, ids, many }) {
    if (!busy()) return false;
    hold(String(table), ids.map(String), many);
    release();
    return true;
  }

  async function refresh() {
    const news = held;
    held = null;
    const begun = performance.now();
    rested = Infinity;
    for (const [table, { ids, many }] of news)
      document.dispatchEvent(new CustomEvent("rounds:record-news", { detail: { table, ids: [...ids], many } }));
    await patched();
    rested = performance.now() + Math.max(1000, REST * (performance.now() - begun));
    if (held) release();
  }

  /* ---- parts that the server draws ----------------------------------------------------------------------- */

  async function patched() {
    const parts = [...document.querySelectorAll("[data-live-part]")];
    if (!parts.length) return;
    const asked = address();
    const { answer } = await ask(asked, { "HX-Request": "true", "HX-Request-Type": "partial" }, "text");
    if (!answer || asked !== address() || later({ table: view().dataset.table, ids: [], many: true })) return;
    const fresh = document.createElement("template");
    fresh.innerHTML = answer;
    for (const part of parts) {
      const now = fresh.content.querySelector(`[data-live-part="${part.dataset.livePart}"]`);
      if (now && part.isConnected) { patch(part, now); part.dispatchEvent(new CustomEvent("rounds:patched", { bubbles: true })); }
    }
  }

  const keyOf = (node) => node.id || node.dataset?.key || node.dataset?.id || node.querySelector?.(":scope > th > a[href]")?.getAttribute("href") || "";
  const OWN = new Set(["open", "style", "data-seen", "_echarts_instance_"]); // what scripts and hands have set

  /** Make `old` like `now`, keeping the nodes that are there: focus, scroll and what is open stay. */
  function patch(old, now) {
    if (old.isEqualNode(now)) return;
    if (old.nodeType !== 1) { if (old.data !== now.data) old.data = now.data; return; }
    for (const { name, value } of now.attributes) if (old.getAttribute(name) !== value && !OWN.has(name)) old.setAttribute(name, value);
    for (const { name } of [...old.attributes]) if (!now.hasAttribute(name) && !OWN.has(name)) old.removeAttribute(name);
    if (!old.matches(".chart-canvas")) children(old, now);
  }

  function children(old, now) {
    const more = old.matches("[data-live-list]") && old.children.length > now.children.length + 1; // pages beyond the first were read
    const left = [...old.childNodes];
    const keyed = new Map(left.filter((one) => one.nodeType === 1 && keyOf(one)).map((one) => [keyOf(one), one]));
    let place = old.firstChild;
    for (const one of [...now.childNodes]) {
      const key = one.nodeType === 1 ? keyOf(one) : "";
      const same = key ? keyed.get(key) : left.find((other) => other.nodeName === one.nodeName && !(other.nodeType === 1 && keyOf(other)));
      if (same && same.nodeName === one.nodeName) {
        left.splice(left.indexOf(same), 1);
        patch(same, one);
        if (same !== place && !more) old.insertBefore(same, place);
        else if (same === place) place = place.nextSibling;
      } else if (!more) old.insertBefore(one, place);
    }
    if (!more) for (const one of left) one.remove();
  }

  /** The whole view again, where single records do not tell it; it stays scrolled as it is. What a person asks
      of the toolbar goes before. */
  async function reread() {
    if (window.rounds.viewTools?.applying()) return;
    const places = [...content().querySelectorAll("*")].filter((one) => one.scrollTop || one.scrollLeft)
      .map((one) => [one.className, [...content().getElementsByClassName(one.className)].indexOf(one), one.scrollTop, one.scrollLeft]);
    await window.htmx.ajax("GET", address(), { source: view(), target: ".content", swap: "innerHTML", unasked: true });
    for (const [name, at, top, left] of places) content().getElementsByClassName(name)[at]?.scrollTo({ top, left, behavior: "instant" });
  }

  document.addEventListener("htmx:before:swap", (event) => {
    if (event.detail.ctx.unasked && later({ table: view().dataset.table, ids: [], many: true })) event.preventDefault();
  });

  window.rounds.live = { reread, later };

  /* ---- when ------------------------------------------------------------------------------------------------ */

  document.addEventListener("visibilitychange", () => { if (!document.hidden) { soon(0); release(); } });
  for (const what of ["saved", "created", "gone", "restored"])
    document.addEventListener(`rounds:record-${what}`, ({ detail }) => {
      if (detail.id && detail.rev) known.add(`${detail.table}:${detail.id}:${detail.rev}`);
      if (document.querySelector("[data-live-part]")) { hold(detail.table, [], true); release(); }
    });
  if (view()) soon(0);
})();
