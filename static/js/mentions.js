/* Mentions in comments: @ and some letters of a name offer people; who is meant goes along with the text. */
(() => {
  const ASKED = /@([^\s@，。：；、！？,.;:!?()（）]{0,20})$/;
  const listOf = (area) => area.form.querySelector(".mention-list");
  const areaOf = (event) => event.target.closest?.("[data-comment-form] textarea");
  let timer, asked = 0;

  const before = (area) => area.value.slice(0, area.selectionStart);

  function close(area) {
    asked += 1;
    const list = listOf(area);
    list.hidden = true;
    list.replaceChildren();
    area.removeAttribute("aria-activedescendant");
  }

  async function offer(area) {
    const found = ASKED.exec(before(area));
    if (!found || area.selectionStart !== area.selectionEnd) { close(area); return; }
    const mine = (asked += 1);
    const { ok, data } = await window.rounds.fetch(`/people/pick?q=${encodeURIComponent(found[1])}`, { quiet: true });
    if (!ok || mine !== asked || !area.isConnected) return;
    const people = data.slice(0, 6);
    if (!people.length) { close(area); return; }
    const list = listOf(area);
    list.replaceChildren(...people.map((one, at) => option(one, at)));
    list.hidden = false;
    point(area, 0);
  }

  function option(one, at) {
    const node = document.createElement("div");
    node.className = "menu-item";
    node.id = `mention-${at}`;
    node.setAttribute("role", "option");
    node.dataset.person = one.id;
    node.dataset.name = one.text;
    const note = document.createElement("span");
    note.className = "muted small truncate";
    note.textContent = one.note || "";
    node.append(one.text, note);
    return node;
  }

  function point(area, at) {
    const options = [...listOf(area).children];
    options.forEach((one, place) => one.setAttribute("aria-selected", String(place === at)));
    area.setAttribute("aria-activedescendant", options[at].id);
  }

  function take(area, chosen) {
    const start = before(area).replace(ASKED, "");
    const end = area.value.slice(area.selectionStart);
    const { name, person } = chosen.dataset;
    area.value = `${start}@${name} ${end}`;
    area.selectionStart = area.selectionEnd = start.length + name.length + 2;
    const form = area.form;
    form.dataset.mentions = JSON.stringify({ ...JSON.parse(form.dataset.mentions || "{}"), [name]: Number(person) });
    close(area);
    area.focus();
  }

  document.addEventListener("input", (event) => {
    const area = areaOf(event);
    if (!area) return;
    clearTimeout(timer);
    if (ASKED.test(before(area))) timer = setTimeout(offer, 120, area);
    else if (!listOf(area).hidden) close(area);
  });

  document.addEventListener("keydown", (event) => {
    const area = areaOf(event);
    if (!area || event.isComposing || listOf(area).hidden) return;
    const options = [...listOf(area).children];
    const at = options.findIndex((one) => one.getAttribute("aria-selected") === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) point(area, (at + step + options.length) % options.length);
    else if (event.key === "Enter" || event.key === "Tab") take(area, options[at]);
    else if (event.key === "Escape") close(area);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);

  document.addEventListener("pointerdown", (event) => {
    const chosen = event.target.closest?.(".mention-list [role=option]");
    if (!chosen) return;
    event.preventDefault();
    take(chosen.closest("form").elements.text, chosen);
  });

  document.addEventListener("focusout", (event) => { const area = areaOf(event); if (area && !listOf(area).hidden) close(area); });
})();
