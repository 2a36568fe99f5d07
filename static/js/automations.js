/* Forms whose sentence is read aloud while one types (automations, duties), and their parts. */
(() => {
  const live = document.querySelector("form[data-live]");
  const said = document.querySelector("[data-said]");
  const missing = document.querySelector("[data-missing]");

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });
  if (!live) return;

  const send = (url, extra = {}) => {
    const body = new FormData(live);
    for (const [name, value] of Object.entries(extra)) body.set(name, value);
    return window.rounds.fetch(url, { method: "POST", body });
  };

  /* ---- the sentence ------------------------------------------------------------------------ */

  let timer, latest = 0;
  async function speak() {
    const mine = ++latest;
    const { data } = await send(live.dataset.sentence);
    if (!data || mine !== latest) return;
    if (data.html) said.innerHTML = data.html;
    said.classList.toggle("is-unfinished", Boolean(data.missing));
    missing.textContent = data.missing || "";
  }
  const later = () => { clearTimeout(timer); timer = setTimeout(speak, 350); };

  said.addEventListener("click", (event) => {
    const slot = event.target.closest("[data-goto]");
    const part = slot && live.querySelector(`[data-part="${CSS.escape(slot.dataset.goto)}"]`);
    if (!part) return;
    event.preventDefault();
    part.scrollIntoView({ block: "center" });
    part.classList.add("is-lit");
    setTimeout(() => part.classList.remove("is-lit"), 900);
    part.querySelector("input:not([type=hidden]), select, textarea, button")?.focus({ preventScroll: true });
  });

  /* ---- parts that depend on others ------------------------------------------------------------ */

  function show() {
    const data = new FormData(live);
    for (const box of live.querySelectorAll("[data-shown-when]")) {
      const [name, wanted] = box.dataset.shownWhen.split("=");
      box.hidden = !wanted.split("|").includes(data.get(name));
    }
  }

  async function redraw(how = "") {
    const { data } = await send(live.dataset.parts, { do: how });
    if (!data) return;
    const box = live.querySelector("[data-parts-here]");
    const focused = document.activeElement?.id || document.activeElement?.name;
    for (const select of box.querySelectorAll("select.tomselected")) select.tomselect?.destroy();
    box.innerHTML = data.html;
    dress(box);
    if (focused) (document.getElementById(focused) || live.elements[focused])?.focus?.();
    later();
  }

  live.addEventListener("input", later);
  live.addEventListener("change", (event) => {
    show();
    if (event.target.matches("[data-redraw]")) redraw();
    else later();
  });

  let template = null;
  live.addEventListener("focusin", (event) => { if (event.target.matches("[data-template]")) template = event.target; });
  live.addEventListener("click", (event) => {
    const press = event.target.closest("[data-do], [data-insert], [data-preview]");
    if (!press) return;
    if (press.dataset.do) redraw(press.dataset.do);
    else if (press.dataset.insert) insert(press);
    else preview(press);
  });

  function insert(chip) {
    const action = chip.closest("[data-part]");
    const into = action.contains(template) ? template : action.querySelector("textarea[data-template]");
    into.setRangeText(chip.dataset.insert, into.selectionStart, into.selectionEnd, "end");
    into.focus();
    later();
  }

  async function preview(button) {
    const box = live.querySelector("[data-preview-said]");
    box.hidden = false;
    box.className = "notice is-info";
    box.textContent = "…";
    const { data } = await send(button.dataset.preview);
    box.hidden = !data;
    if (!data) return;
    box.textContent = data.text;
    box.className = `notice is-${data.refused ? "attention" : "info"}`;
  }

  /* ---- conditions -------------------------------------------------------------------------------- */

  function conditions(box) {
    const input = box.querySelector("input[type=hidden]");
    const words = { ...box.dataset, choose: box.dataset.chooseWord };
    const filter = new window.rounds.Filter(box.querySelector("[data-condition-rows]"), JSON.parse(box.dataset.about), {
      words,
      change: () => { const found = filter.condition(); input.value = found === null ? "" : JSON.stringify(found); later(); },
    });
    box.querySelector("[data-add-condition]").addEventListener("click", () => filter.add());
    box.querySelector("[data-add-group]").addEventListener("click", () => filter.add({ group: true }));
  }

  function dress(root) {
    window.rounds.choose?.(root);
    root.querySelectorAll("[data-conditions]").forEach(conditions);
    show();
  }
  dress(live);
  speak();
})();
