/* View tools: filter, sort, fields and search of any view. What is set stands in the address; the view
   is asked anew beneath the open menu; saving puts it into the view. */
(() => {
  const tools = () => document.getElementById("view-tools");
  const byId = (id) => document.getElementById(id);
  const box = (name) => document.querySelector(`[data-${name}-rows]`);
  let state = null; // {filter, sort, hidden, order} as set here; null until a menu is opened
  let filter = null;
  let pushed = false;
  let asked = null; // the address that is asked for and has not come yet

  /* ---- address ---------------------------------------------------------------------------------- */

  const SETTINGS = ["filter", "saved", "sort", "hide", "order", "group", "sum", "colors", "rows", "frozen"];

  const isSetting = (name) => SETTINGS.includes(name) || name.startsWith("colors.");
  const here = () => new URL(asked || location.href);
  const cleared = () => Object.fromEntries([...here().searchParams.keys()].filter(isSetting).map((name) => [name, null]));

  function address(changes) {
    const url = here();
    const { pathname } = url;
    url.pathname = `/v/${tools().dataset.view}`; // a record's panel may stand in the address
    if (pathname !== url.pathname) url.search = document.querySelector("[data-query]")?.dataset.query || "";
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) url.searchParams.delete(name);
      else url.searchParams.set(name, value);
    }
    return url;
  }

  /** Show the view with these parameters, and keep them in the address. Who goes on before the answer has come
      adds to what is asked; only the last answer is shown. */
  async function apply(changes) {
    const url = address(changes);
    const path = url.pathname + url.search;
    window.rounds.emptyPanel?.();
    asked = url.href;
    await window.htmx.ajax("GET", path, { source: tools(), target: ".content", swap: "innerHTML", ...(pushed ? { replace: path } : { push: path }) });
    if (asked !== url.href) return;
    asked = null;
    pushed ||= location.pathname + location.search === path;
    showState(url);
  }

  function showState(url = here()) {
    const changed = [...url.searchParams.keys()].some(isSetting);
    const note = tools()?.querySelector("[data-changed]");
    if (note) note.hidden = !changed;
    const on = (menu, is) => document.querySelector(`[popovertarget="${menu}"]`)?.classList.toggle("is-on", is);
    if (!state) return;
    on("m-filter", Boolean(filter?.condition()));
    on("m-sort", state.sort.length > 0);
    on("m-fields", state.hidden.length > 0);
    on("m-group", state.about.group_by.length > 0);
    on("m-color", state.about.colors.length > 0);
  }

  /* ---- what the menus are made from ---------------------------------------------------------------- */

  let loading = null;

  /** Once a page: fields, comparisons and names, and the vendor scripts that the menus need. */
  function load() {
    loading ||= (async () => {
      const [{ data }] = await Promise.all([
        window.rounds.fetch(`/v/${tools().dataset.view}/builder${address({}).search}`),
        ...tools().dataset.needs.split(" ").map(script),
      ]);
      if (!data?.fields) { loading = null; return; }
      data.table = Number(tools().dataset.table);
      state = { about: data, sort: data.sort, hidden: data.hidden, order: data.order };
      filter = new window.rounds.Filter(box("filter") || document.createElement("div"), data, { words: tools().dataset, change: filterChanged });
      drawSorts();
      drawFields();
      document.dispatchEvent(new CustomEvent("rounds:view-loaded", { detail: data }));
    })();
    return loading;
  }

  function script(src) {
    const name = src.split("?")[0];
    if ([...document.scripts].some((one) => one.src.includes(name))) return Promise.resolve();
    return new Promise((done) => {
      const node = Object.assign(document.createElement("script"), { src, async: false, onload: done, onerror: done });
      document.head.append(node);
    });
  }

  document.addEventListener("toggle", (event) => {
    if (event.newState === "open" && event.target.matches?.(".view-popup")) opened(event.target);
  }, true);

  async function opened(popup) {
    await load();
    if (!filter) return;
    if (popup.id === "m-filter" && !filter.rows.items.length) filter.add();
    if (popup.id === "m-sort" && !state.sort.length) addSort();
  }

  /* ---- filter --------------------------------------------------------------------------------------- */

  const timers = new Map();
  /** Run once it has been quiet for a while; `what` waits for nothing but itself. */
  function later(what, run, ms = 300) { clearTimeout(timers.get(what)); timers.set(what, setTimeout(run, ms)); }

  let sent = null;
  function filterChanged() {
    later("filter", () => {
      const condition = filter.condition();
      const text = condition === null ? "" : JSON.stringify(condition);
      if (text === sent) return;
      if (sent === null && !text && !state.about.has_saved && !state.about.filter) return; // nothing yet
      sent = text;
      apply({ filter: text || null, saved: state.about.has_saved ? "0" : null });
    });
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-add-condition]")) filter?.add();
    if (event.target.closest("[data-add-group]")) filter?.add({ group: true });
    if (event.target.closest("[data-add-sort]")) addSort();
    if (event.target.closest("[data-show-all]")) { state.hidden = []; drawFields(); applyFields(); }
    if (event.target.closest("[data-save-view]")) saveView();
    if (event.target.closest("[data-reset-view]")) reset();
    const remove = event.target.closest("[data-delete-view]");
    if (remove) deleteView(remove.dataset.deleteView);
    const back = event.target.closest("[data-restore-view]");
    if (back) restoreView(back.dataset.restoreView);
  });

  /* ---- sort -------------------------------------------------------------------------------------------- */

  const node = (tag, attributes, ...inside) => {
    const made = Object.assign(document.createElement(tag), attributes);
    made.append(...inside);
    return made;
  };

  function selectOf(label, options, value, change) {
    const select = node("select", { className: "select" });
    select.setAttribute("aria-label", label);
    for (const [key, word] of options) select.append(node("option", { value: key, textContent: word, selected: String(key) === String(value) }));
    select.addEventListener("change", () => change(select.value));
    return select;
  }

  function drawSorts() {
    const words = tools().dataset;
    const fields = state.about.fields.filter((one) => one.sorts).map((one) => [one.id, one.name]);
    box("sort")?.replaceChildren(...state.sort.map((sort, at) => {
      const remove = node("button", { type: "button", className: "btn btn-quiet btn-icon btn-sm", textContent: "×" });
      remove.setAttribute("aria-label", words.remove);
      remove.addEventListener("click", () => { state.sort.splice(at, 1); sortChanged(); });
      return node("div", { className: "cond" },
        selectOf(words.field, fields, sort.field, (value) => { sort.field = Number(value); sortChanged(); }),
        selectOf(words.direction, [["", words.rising], ["1", words.falling]], sort.desc ? "1" : "", (value) => { sort.desc = value === "1"; sortChanged(); }),
        remove);
    }));
  }

  function addSort() {
    const free = state?.about.fields.find((one) => one.sorts && !state.sort.some((sort) => sort.field === one.id));
    if (!free) return;
    state.sort.push({ field: free.id, desc: false });
    sortChanged();
  }

  function sortChanged() {
    drawSorts();
    apply({ sort: state.sort.map((one) => (one.desc ? `-${one.field}` : one.field)).join(",") });
  }

  /* ---- fields ------------------------------------------------------------------------------------------- */

  function drawFields() {
    const list = box("field");
    if (!list) return;
    const words = tools().dataset;
    const place = new Map(state.order.map((id, at) => [id, at]));
    const fields = [...state.about.fields].sort((a, b) => (place.get(a.id) ?? 999) - (place.get(b.id) ?? 999));
    list.replaceChildren(...fields.map((field) => {
      const box = node("input", { type: "checkbox", checked: !state.hidden.includes(field.id) });
      box.addEventListener("change", () => {
        state.hidden = box.checked ? state.hidden.filter((id) => id !== field.id) : [...state.hidden, field.id];
        applyFields();
      });
      const line = node("li", {}, node("span", { className: "view-grip", title: words.move, textContent: "⠿" }),
        node("label", { className: "check" }, box, node("span", { textContent: field.name })));
      line.dataset.field = field.id;
      return line;
    }));
    if (window.Sortable && !list.sorted) {
      list.sorted = window.Sortable.create(list, {
        handle: ".view-grip", animation: 120,
        onEnd: () => { state.order = [...list.children].map((one) => Number(one.dataset.field)); applyFields(); },
      });
    }
  }

  const applyFields = () => apply({ hide: state.hidden.join(","), order: state.order.join(",") });

  /* ---- search ------------------------------------------------------------------------------------------- */

  document.addEventListener("input", (event) => {
    if (event.target.id === "view-q" && !event.isComposing) later("q", () => apply({ q: event.target.value.trim() || null }), 250);
  });
  document.addEventListener("compositionend", (event) => {
    if (event.target.id === "view-q") later("q", () => apply({ q: event.target.value.trim() || null }), 250);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".view-search")) return;
    event.preventDefault();
    apply({ q: byId("view-q").value.trim() || null });
  });

  /* ---- the view itself ------------------------------------------------------------------------------------ */

  /* Parameter of the address → option of the view. */
  const LOOKS = { group: "group_by", sum: "summaries", colors: "colors", rows: "row_height", frozen: "frozen" };

  /** A look as it stands: figures are chosen in the grid itself. */
  function looks(option) {
    if (option !== "summaries") return state.about[option];
    const given = here().searchParams.get("sum");
    return Object.fromEntries(given.split(",").filter(Boolean).map((one) => one.split(":")));
  }

  async function saveView() {
    await load();
    const changed = new Set(here().searchParams.keys());
    const json = {};
    if (changed.has("filter") || changed.has("saved")) json.filter = filter.condition();
    if (changed.has("sort")) json.sort = state.sort;
    if (changed.has("hide") || changed.has("order")) Object.assign(json, { hidden: state.hidden, order: state.order });
    for (const [name, option] of Object.entries(LOOKS)) if (changed.has(name)) json[option] = looks(option);
    for (const [key, one] of Object.entries(state.about.beside || {}))
      if (changed.has(`colors.${key}`)) (json.layer_colors ||= {})[key] = one.colors.filter((rule) => "by" in rule || rule.when !== null);
    const { ok, data } = await window.rounds.fetch(`/v/${tools().dataset.view}/options`, { json });
    if (!ok) { if (data?.error) window.rounds.toast({ text: data.error, kind: "attention" }); return; }
    window.rounds.toast({ text: tools().dataset.saved, kind: "ok" });
    state.about.has_saved = Boolean(filter.condition());
    sent = null;
    await apply(cleared());
  }

  async function reset() {
    state = filter = loading = sent = null;
    await apply(cleared());
    for (const popup of document.querySelectorAll(".view-popup:popover-open")) popup.hidePopover();
    await load();
    showState();
  }

  async function deleteView(url) {
    const words = tools().dataset;
    const { ok, data } = await window.rounds.fetch(url, { method: "POST" });
    if (!ok) { if (data?.error) window.rounds.toast({ text: data.error, kind: "attention" }); return; }
    document.querySelector(`.tabs [href="/v/${words.view}"]`)?.remove();
    document.querySelector(".content").innerHTML = data.html;
    tools().hidden = true;
    document.querySelector("[data-restore-view]")?.focus();
  }

  async function restoreView(url) {
    const { ok, data } = await window.rounds.fetch(url, { method: "POST" });
    if (ok) location.href = data.href;
  }

  /* The menu of the view is fetched as it opens, with what the address says now. */
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-view-menu]");
    if (button) {
      const menu = byId("m-view");
      const { ok, text } = await window.rounds.fetch(button.dataset.viewMenu + address({}).search, { headers: { Accept: "text/html" } });
      if (!ok) return;
      menu.innerHTML = text;
      for (const one of menu.querySelectorAll("[data-with-query]")) {
        const name = one.hasAttribute("href") ? "href" : "hx-get";
        one.setAttribute(name, one.getAttribute(name) + address({}).search);
      }
      window.htmx.process(menu);
      menu.querySelector(".menu-item")?.focus();
    }
  });

  /* ---- what the grid asks for ------------------------------------------------------------------------------ */

  document.addEventListener("rounds:view-sort", async ({ detail }) => {
    await load();
    state.sort = detail.desc === null ? [] : [{ field: detail.field, desc: detail.desc }];
    sortChanged();
  });
  document.addEventListener("rounds:view-filter", async ({ detail }) => {
    await load();
    byId("m-filter").showPopover();
    filter.add({ field: detail.field });
  });
  document.addEventListener("rounds:view-hide", async ({ detail }) => {
    await load();
    state.hidden = [...state.hidden, detail.field];
    drawFields();
    applyFields();
  });
  document.addEventListener("rounds:view-order", async ({ detail }) => {
    await load();
    const hidden = state.order.filter((id) => !detail.order.includes(id));
    state.order = [...detail.order, ...hidden];
    drawFields();
    applyFields();
  });

  document.addEventListener("rounds:view-address", async ({ detail }) => {
    await load();
    if (detail.frozen) state.about.frozen = detail.frozen;
    apply(detail);
  });

  window.rounds.viewTools = { load, apply, applying: () => asked !== null, later, node, selectOf, words: () => tools().dataset, about: () => state?.about };

  document.addEventListener("DOMContentLoaded", () => { if (tools()) showState(); });
})();
