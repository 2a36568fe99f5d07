/* Ui: menus, dialogs, the panel, the palette (⌘K) and the keys; all delegated on document. */
(() => {
  const root = document.documentElement;
  const words = document.body.dataset;
  const byId = (id) => document.getElementById(id);
  /* A form with data-guard that holds typed text which is not sent yet. */
  let dirty = null;

  /* ---- menus: popovers placed by the quadrant of their button -------------------------------- */

  const openerOf = (menu) => document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);
  let pressed = null;

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[popovertarget]");
    if (button) pressed = button;
  }, true);

  function place(menu, button) {
    const box = button.getBoundingClientRect();
    const style = menu.style;
    const wide = innerWidth <= 768 && menu.matches(".menu-wide, .popup");
    const below = innerHeight - box.bottom;
    const down = below > 280 || below > box.top;
    const rightward = box.left < innerWidth / 2;
    style.top = down ? `${box.bottom + 4}px` : "auto";
    style.bottom = down ? "auto" : `${innerHeight - box.top + 4}px`;
    style.left = wide ? "8px" : rightward ? `${Math.max(8, box.left)}px` : "auto";
    style.right = wide ? "8px" : rightward ? "auto" : `${Math.max(8, innerWidth - box.right)}px`;
    style.maxHeight = `${(down ? below : box.top) - 12}px`;
  }

  document.addEventListener("beforetoggle", (event) => {
    const menu = event.target;
    if (event.newState !== "open" || !menu.matches(".menu, .popup")) return;
    const button = pressed?.getAttribute("popovertarget") === menu.id ? pressed : openerOf(menu);
    if (button) place(menu, button);
  }, true);

  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (event.newState === "open" && menu.matches?.(".menu")) focusables(menu)[0]?.focus();
  }, true);

  const focusables = (box) => [...box.querySelectorAll("a[href], button:not([disabled]), input:not([type=hidden])")]
    .filter((node) => node.checkVisibility?.() ?? true);

  /* Up and down walk through a menu or a list of links; Home and End jump. */
  function walk(event, box) {
    const stops = focusables(box);
    const at = stops.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: stops.length - 1 }[event.key];
    if (next === undefined || !stops.length) return;
    event.preventDefault();
    stops[(next + stops.length) % stops.length].focus();
  }

  document.addEventListener("click", (event) => {
    const item = event.target.closest(".menu-item");
    if (item && !item.hasAttribute("data-keep")) item.closest("[popover]")?.hidePopover();
  });

  /* ---- dialogs ------------------------------------------------------------------------------ */

  function open(dialog) {
    if (dialog && !dialog.open) dialog.showModal();
    dialog?.querySelector("[autofocus]")?.focus();
  }

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog-open]");
    if (opener?.dataset.dialogOpen === "palette") { event.preventDefault(); openPalette(); return; }
    if (opener) { event.preventDefault(); open(byId(opener.dataset.dialogOpen)); return; }
    const closer = event.target.closest("[data-close]");
    if (closer?.closest("#panel")) { if (!event.ctrlKey && !event.metaKey) { event.preventDefault(); closePanel(); } return; }
    if (closer) { closer.closest("dialog")?.close(); return; }
    if (event.target.matches("dialog.dialog")) closeIfOutside(event);
  });

  /* A press on the shade closes; a press that began inside (selecting text) does not reach here. */
  function closeIfOutside(event) {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right
      && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside && !event.target.hasAttribute("data-keep")) event.target.close();
  }

  /* Where one is stands in sight among many tabs. */
  function showTab() {
    for (const strip of document.querySelectorAll(".tabs")) {
      strip.querySelector("[aria-current], [aria-selected='true']")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }
  document.addEventListener("DOMContentLoaded", showTab);
  document.addEventListener("htmx:after:settle", (event) => { if (event.target.matches?.(".content")) showTab(); });

  /* What htmx puts into #dialog-body is shown at once; the server closes it with rounds:close. */
  document.addEventListener("htmx:after:settle", (event) => {
    if (event.target.closest?.("#dialog-body")) open(byId("dialog"));
    if (event.target.id === "panel" && event.target.firstElementChild) event.target.focus();
  });
  document.addEventListener("rounds:close", () => document.querySelector("dialog[open]")?.close());

  /** Ask before what cannot be undone. Resolves to true or false. */
  function confirm(question, { label = "" } = {}) {
    const dialog = byId("confirm");
    byId("confirm-text").textContent = question;
    const yes = byId("confirm-yes");
    yes.textContent = label || yes.dataset.label;
    dialog.returnValue = "";
    open(dialog);
    return new Promise((resolve) =>
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
  }

  document.addEventListener("htmx:confirm", (event) => {
    const { ctx, issueRequest, dropRequest } = event.detail;
    event.preventDefault();
    confirm(ctx.confirm, { label: ctx.sourceElement.dataset.confirmLabel })
      .then((yes) => (yes ? issueRequest() : dropRequest()));
  });

  document.addEventListener("submit", (event) => {
    const asks = event.submitter?.dataset.confirm || event.target.dataset.confirm;
    if (!asks || event.target.dataset.confirmed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    confirm(asks, { label: event.submitter?.dataset.confirmLabel }).then((yes) => {
      if (!yes) return;
      event.target.dataset.confirmed = "1";
      event.target.requestSubmit(event.submitter);
      delete event.target.dataset.confirmed;
    });
  }, true);

  /* ---- the panel ---------------------------------------------------------------------------- */

  let opener = null;
  document.addEventListener("htmx:before:request", (event) => {
    if (event.detail.ctx.target?.id === "panel") opener = document.activeElement;
  });

  /** Close in place: the list behind keeps its scroll, the address becomes the list's again. */
  async function closePanel() {
    const panel = byId("panel");
    if (!panel?.firstElementChild) return;
    if (panel.contains(dirty) && !(await confirm(words.discard, { label: words.discardYes }))) return;
    dirty = null;
    const href = panel.querySelector("a[data-close][href]")?.href;
    panel.replaceChildren();
    if (href && href !== location.href) history.pushState({ htmx: true }, "", href);
    if (opener?.isConnected) opener.focus({ preventScroll: true });
    panel.dispatchEvent(new CustomEvent("rounds:panel-closed", { bubbles: true }));
  }

  /* ---- palette: every place and record by name ------------------------------------------------ */

  const RECENT = "rounds:sought"; // kept by this tab alone
  const recent = () => { try { return JSON.parse(sessionStorage.getItem(RECENT)) || []; } catch { return []; } };
  let sought = "";

  /* Pages are sifted here; records are asked for, never while an input method is composing. */
  function sift(input) {
    const asked = input.value.trim().toLowerCase();
    for (const link of byId("palette-list").querySelectorAll("li")) {
      const words = `${link.textContent} ${link.dataset.keys || ""}`.toLowerCase();
      link.hidden = asked !== "" && !words.includes(asked);
    }
    showRecent(asked === "");
    if (asked === "") byId("palette-found").replaceChildren();
    if (asked !== sought && asked !== "") input.dispatchEvent(new CustomEvent("rounds:search"));
    sought = asked;
    settle();
  }

  /* Not both "nothing found" and a page that was. */
  function settle() {
    const page = byId("palette-list").querySelector("li:not([hidden])");
    const found = byId("palette-found").firstElementChild;
    found?.querySelector(".found-none")?.toggleAttribute("hidden", Boolean(page));
    byId("palette-none").hidden = Boolean(page || found || byId("palette-input").hasAttribute("hx-get"));
  }

  function showRecent(wanted) {
    const list = byId("palette-recent");
    list.hidden = !wanted || !recent().length;
    list.replaceChildren(...recent().map((text) => {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", className: "chip", textContent: text });
      const item = document.createElement("li");
      item.append(button);
      return item;
    }));
  }

  function keep(text) {
    if (!text) return;
    const kept = [text, ...recent().filter((one) => one !== text)].slice(0, 5);
    try { sessionStorage.setItem(RECENT, JSON.stringify(kept)); } catch { /* no storage, no list */ }
  }

  document.addEventListener("input", (event) => {
    if (event.target.id === "palette-input" && !event.isComposing) sift(event.target);
  });
  document.addEventListener("compositionend", (event) => {
    if (event.target.id === "palette-input") sift(event.target);
  });
  document.addEventListener("htmx:after:settle", (event) => {
    if (event.target.closest?.("#palette-found")) settle();
  });
  document.addEventListener("click", (event) => {
    const chip = event.target.closest("#palette-recent button");
    const input = byId("palette-input");
    if (chip) { input.value = chip.textContent; input.focus(); sift(input); }
    if (event.target.closest("#palette-found a")) keep(input.value.trim());
  });

  function openPalette() {
    open(byId("palette"));
    byId("palette-input").select();
    sift(byId("palette-input"));
  }

  /* Enter takes the first place or record; while the answer is not there yet, the page with all of them. */
  function paletteKeys(event, palette) {
    const input = byId("palette-input");
    if (event.key === "Enter" && event.target === input) {
      const page = palette.querySelector("#palette-list li:not([hidden]) > a");
      const found = byId("palette-found").querySelector("[data-found]");
      const fresh = found?.dataset.found === input.value.trim().split(/\s+/).join(" ");
      const first = page || (fresh && found.querySelector("li > a"));
      if (first) { event.preventDefault(); first.click(); }
      return;
    }
    if (event.target === input && /^(Home|End)$/.test(event.key)) return;
    walk(event, palette);
  }

  /* ---- keys --------------------------------------------------------------------------------- */

  const typing = (node) => node.matches("input, textarea, select, [contenteditable], [contenteditable] *")
    || node.closest("[data-own-keys], dialog[open]");

  const SHORTCUTS = {
    "?": () => open(byId("keys")),
    "/": openPalette,
    "[": () => window.rounds.foldSidebar(),
    n: () => document.querySelector(".page-action")?.click(),
  };

  document.addEventListener("keydown", (event) => {
    if ((event.metaKey || event.ctrlKey) && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
      return;
    }
    if (event.isComposing) return;
    const target = event.target;
    const menu = target.closest?.(".menu");
    const palette = target.closest?.("#palette");
    if (palette) paletteKeys(event, palette);
    else if (menu) walk(event, menu);
    if (event.defaultPrevented || event.isComposing || event.metaKey || event.ctrlKey || event.altKey) return;
    if (event.key === "Escape" && !document.querySelector("dialog[open], :popover-open")) closePanel();
    if (typing(target)) return;
    const run = SHORTCUTS[event.key];
    if (run) { event.preventDefault(); run(); }
  });

  /* ---- person's settings, folded sidebar, tooltips ---------------------------------------------- */

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-fold]")) window.rounds.foldSidebar();
    const button = event.target.closest("[data-set-theme]");
    if (!button) return;
    event.preventDefault();
    window.rounds.setTheme(button.value);
    for (const other of button.form.querySelectorAll("[data-set-theme]"))
      other.setAttribute("aria-pressed", String(other === button));
    window.rounds.fetch(button.form.action, {
      method: "POST", body: new URLSearchParams({ theme: button.value }),
    });
  });

  document.addEventListener("pointerover", (event) => {
    const node = event.target.closest?.(".truncate, .tag");
    if (node && !node.title && node.scrollWidth > node.clientWidth) node.title = node.textContent.trim();
  });

  document.addEventListener("input", (event) => { dirty = event.target.closest("form[data-guard]") || dirty; });
  document.addEventListener("submit", () => { dirty = null; });
  addEventListener("beforeunload", (event) => { if (dirty?.isConnected) event.preventDefault(); });

  Object.assign(window.rounds, { open: (id) => open(byId(id)), confirm, closePanel });
  root.classList.add("is-ready");
})();
