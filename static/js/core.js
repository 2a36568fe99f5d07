/* Core: requests (CSRF, errors), toasts, and the line that shows something is loading. */
(() => {
  const root = document.documentElement;
  const words = document.body.dataset;
  const token = () => document.querySelector("meta[name=csrf-token]")?.content || "";

  /* ---- toasts ------------------------------------------------------------------------- */

  const LIFE_MS = { info: 6000, ok: 4000, attention: 9000, late: 9000 };

  /** Show a short message. kind: info | ok | attention | late. action: {label, href | run}. */
  function toast({ text, kind = "info", action = null }) {
    const box = document.createElement("div");
    box.className = `toast is-${kind}`;
    box.dataset.kind = kind;
    const line = box.appendChild(document.createElement("p"));
    line.textContent = text;
    if (action) box.append(actionButton(action));
    document.getElementById("toasts")?.append(box);
    return box;
  }

  function actionButton({ label, href, run }) {
    const button = document.createElement(href ? "a" : "button");
    button.className = "btn btn-sm btn-quiet";
    button.textContent = label;
    if (href) button.href = href;
    else button.type = "button";
    button.addEventListener("click", () => { run?.(); button.closest(".toast")?.remove(); });
    return button;
  }

  /* Toasts also arrive out of band from the server, so the region is watched, not the caller. */
  function tend(box) {
    if (!box.querySelector("[data-close]")) {
      const close = document.createElement("button");
      close.type = "button";
      close.className = "btn btn-icon btn-sm btn-quiet";
      close.dataset.close = "";
      close.setAttribute("aria-label", words.close);
      close.textContent = "×";
      box.append(close);
    }
    let timer;
    const wait = () => { timer = setTimeout(() => box.remove(), LIFE_MS[box.dataset.kind] || LIFE_MS.info); };
    const stay = () => clearTimeout(timer);
    box.addEventListener("pointerenter", stay);
    box.addEventListener("focusin", stay);
    box.addEventListener("pointerleave", wait);
    box.addEventListener("focusout", wait);
    wait();
  }

  const region = document.getElementById("toasts");
  if (region) {
    [...region.children].forEach(tend);
    new MutationObserver((changes) => changes.forEach((change) =>
      change.addedNodes.forEach((node) => node.nodeType === 1 && tend(node))))
      .observe(region, { childList: true });
    region.addEventListener("click", (event) =>
      event.target.closest("[data-close]")?.closest(".toast")?.remove());
  }

  /* ---- what can go wrong with a request --------------------------------------------------- */

  /* htmx aborts with the bare reason "timeout"; AbortSignal.timeout with a TimeoutError. */
  const late = (error) => error === "timeout" || /^(Abort|Timeout)Error$/.test(error?.name);
  const failed = (error) =>
    toast({ text: late(error) ? words.timeout : words.offline, kind: "attention" });
  const broken = () => toast({ text: words.broken, kind: "late" });

  /** The sentence of an error page, when the server answered a fragment request with one. */
  function sentenceOf(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    return page.querySelector("[data-error-text]")?.textContent.trim() || "";
  }

  /**
   * fetch with the CSRF header. Resolves to {ok, status, data, text, response}; data is the parsed
   * JSON or null. Network failures (status 0), 403, 404, 413, 429 and 5xx have been shown as a toast
   * unless options.quiet; 409 and 422 are the caller's; an expired sign-in leaves the page.
   */
  async function request(url, options = {}) {
    const headers = new Headers(options.headers);
    headers.set("X-CSRF-Token", token());
    headers.set("Accept", headers.get("Accept") || "application/json");
    let body = options.body;
    if (options.json !== undefined) {
      headers.set("Content-Type", "application/json");
      body = JSON.stringify(options.json);
    }
    const method = options.method || (body === undefined ? "GET" : "POST");
    try {
      const response = await fetch(url, {
        credentials: "same-origin", signal: AbortSignal.timeout(30000), ...options, method, headers, body,
      });
      return await answerOf(response, options);
    } catch (error) { // also an answer that was cut on its way
      if (!options.quiet) failed(error);
      return { ok: false, status: 0, data: null, text: "", response: null };
    }
  }

  const REFUSED = new Set([403, 404, 413, 429]);

  async function answerOf(response, options) {
    const away = response.headers.get("HX-Redirect");
    if (away) location.href = away;
    if (response.status >= 500 && !options.quiet) broken();
    const text = await response.text();
    let data = null;
    if (response.headers.get("Content-Type")?.includes("json")) data = JSON.parse(text);
    if (REFUSED.has(response.status) && !options.quiet)
      toast({ text: data?.error || words.broken, kind: "attention" });
    return { ok: response.ok, status: response.status, data, text, response };
  }

  /* ---- writes of a record ------------------------------------------------------------------ */

  const turns = new Map(); // address of a record → its last write
  let waiting = 0; // behind a write that is not answered yet
  addEventListener("beforeunload", (event) => { if (waiting) event.preventDefault(); }); // they would be lost
  const own = new Map(); // "address:field" → the revision of it that the person knows

  /**
   * Write fields of a record, after what is being written of it already. `rev` is the record's as
   * the person saw it: what was written here since is no change by others. Without it, it is forced.
   */
  function write(url, values, rev) {
    const path = pathOf(url);
    waiting += 1;
    const turn = (turns.get(path) || Promise.resolve()).then(async () => {
      waiting -= 1;
      const json = { values };
      if (rev) json.rev = Math.max(rev, ownRev(path, values));
      const answer = await request(path, { json });
      if (answer.ok) knows(path, values, answer.data?.rev);
      return answer;
    });
    turns.set(path, turn);
    return turn;
  }

  const pathOf = (url) => new URL(url, location.href).pathname;
  const ownRev = (url, values) => Math.max(0, ...Object.keys(values).map((field) => own.get(`${pathOf(url)}:${field}`) || 0));

  /** The person knows these fields as of a revision: they wrote them, or were shown a conflict. */
  function knows(url, values, rev) {
    for (const field of Object.keys(values)) own.set(`${pathOf(url)}:${field}`, rev || 0);
  }

  /* ---- htmx 4 --------------------------------------------------------------------------- */

  document.addEventListener("htmx:config:request", (event) => {
    event.detail.ctx.request.headers["X-CSRF-Token"] = token();
  });

  document.addEventListener("htmx:error", (event) => {
    if (event.detail.ctx?.request) failed(event.detail.error);
  });

  /* A whole error page must not land in a cell: its sentence becomes a toast instead. */
  document.addEventListener("htmx:response:error", (event) => {
    const ctx = event.detail.ctx;
    if (ctx.hx?.redirect) return;
    if (ctx.response.status >= 500) { broken(); return; }
    if (!/^\s*<!doctype/i.test(ctx.text || "")) return;
    ctx.hx.reswap = "none";
    toast({ text: sentenceOf(ctx.text) || words.broken, kind: "attention" });
  });

  document.addEventListener("rounds:toast", (event) => toast(event.detail));

  let running = 0;
  let slow;
  document.addEventListener("htmx:before:request", () => {
    running += 1;
    clearTimeout(slow);
    slow = setTimeout(() => root.classList.toggle("is-loading", running > 0), 250);
  });
  document.addEventListener("htmx:finally:request", () => {
    running = Math.max(0, running - 1);
    if (running === 0) { clearTimeout(slow); root.classList.remove("is-loading"); }
  });

  /* ---- plain forms ------------------------------------------------------------------------ */

  /* One press, one request: the pressed button waits until the page has gone or come back. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented || form.hasAttribute("hx-post")) return;
    const button = event.submitter;
    if (button) setTimeout(() => { button.setAttribute("aria-busy", "true"); button.disabled = true; });
  });
  addEventListener("pageshow", () => document.querySelectorAll("[aria-busy=true][type=submit], button[aria-busy=true]")
    .forEach((button) => { button.removeAttribute("aria-busy"); button.disabled = false; }));

  Object.assign(window.rounds, { fetch: request, write, knows, ownRev, toast, csrf: token });
})();
