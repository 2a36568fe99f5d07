/* Dashboard: filters apply as soon as they are chosen; the page stays fresh by itself; the wall. */
(() => {
  /* ---- filters ---------------------------------------------------------------------------- */

  function ask(form) {
    for (const field of form.elements) if (field.name && !field.value) field.disabled = true; // no empty parameters
    form.requestSubmit();
  }

  for (const form of document.querySelectorAll("[data-narrow]")) {
    form.classList.add("is-live");
    const period = form.querySelector("[data-own-period]");
    const own = form.querySelector(".dash-own");
    form.addEventListener("change", ({ target }) => {
      own.hidden = period.value !== "own";
      if (own.hidden) own.querySelectorAll("input").forEach((one) => { one.value = ""; });
      const days = [...own.querySelectorAll("input")];
      if (!own.hidden && days.some((one) => !one.value)) {
        if (target === period) days[0].focus();
        return; // an own period is whole when both days stand
      }
      ask(form);
    });
  }

  /* ---- fresh ------------------------------------------------------------------------------ */

  const clock = (moment) => moment.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });

  function keepFresh(box) {
    const words = box.dataset;
    const state = document.querySelector("[data-state]");
    let { stamp } = words;
    let good = new Date();
    let timer = 0;
    let asking = false;

    function say(text, lost = false) {
      document.body.classList.toggle("is-lost", lost);
      for (const one of [state, box.querySelector("[data-fresh-at]")]) if (one && one.textContent !== text) one.textContent = text;
    }
    const fresh = () => say(words.fresh.replace("{time}", clock(good)));

    const busy = () => document.querySelector("dialog[open], :popover-open") || box.querySelector("details[open]")
      || box.querySelector("#dash-live :focus") || String(getSelection());

    async function look() {
      if (asking || document.hidden) return;
      asking = true;
      const url = new URL(words.live, location.href);
      url.search = location.search;
      url.searchParams.set("known", stamp);
      try {
        const response = await fetch(url, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(25000) });
        if (response.status === 401) { say(words.closed, true); return; }
        if (!response.ok) throw new Error(String(response.status));
        good = new Date();
        if (response.status === 200) take(await response.json());
        fresh();
      } catch (_error) {
        say(words.lost.replace("{time}", clock(good)), true);
      } finally {
        asking = false;
        timer = setTimeout(look, Number(words.every) * 1000);
      }
    }

    /* As they came from the server: charts draw into what stands on the page. */
    const live = box.querySelector("#dash-live");
    const sources = (root) => [...root.querySelectorAll("#tiles > .tile")].map((tile) => tile.outerHTML);
    let known = sources(live);

    function drawn(node) {
      node.dispatchEvent(new CustomEvent("rounds:chart", { bubbles: true }));
      window.htmx?.process(node);
    }

    /** Only the tiles that changed are drawn again: nothing else flickers or scrolls back. */
    function take(answer) {
      if (busy()) return; // the next look brings it
      stamp = answer.stamp;
      const made = document.createElement("template");
      made.innerHTML = answer.html;
      const fresh = sources(made.content);
      const shown = [...live.querySelectorAll("#tiles > .tile")];
      if (fresh.length === shown.length) {
        const coming = [...made.content.querySelectorAll("#tiles > .tile")];
        shown.forEach((tile, place) => {
          if (fresh[place] === known[place]) return;
          tile.replaceWith(coming[place]);
          drawn(coming[place]);
        });
        live.querySelector(".dash-counts").replaceWith(made.content.querySelector(".dash-counts"));
      } else {
        live.replaceChildren(made.content);
        drawn(live);
      }
      known = fresh;
      fitWall();
    }

    document.addEventListener("visibilitychange", () => { clearTimeout(timer); if (!document.hidden) look(); });
    addEventListener("online", look);
    addEventListener("offline", () => say(words.lost.replace("{time}", clock(good)), true));
    fresh();
    timer = setTimeout(look, Number(words.every) * 1000);
  }

  document.querySelectorAll("[data-live]").forEach(keepFresh);

  /* Nobody scrolls a wall: the rows share its height, down to where they could not be read. */
  function fitWall() {
    const box = document.querySelector("body.is-wall #tiles");
    if (!box || innerWidth <= 768) return;
    const style = getComputedStyle(box);
    const rows = style.gridTemplateRows.split(" ").length;
    const foot = document.querySelector(".dash-scope").offsetHeight;
    const room = innerHeight - box.getBoundingClientRect().top - scrollY - foot - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom) - (rows - 1) * parseFloat(style.rowGap);
    box.style.setProperty("--tile", `${Math.max(52, Math.floor(room / rows))}px`);
  }

  fitWall();
  addEventListener("resize", fitWall);

  /* ---- the wall --------------------------------------------------------------------------- */

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-full-screen]")) document.documentElement.requestFullscreen?.().catch(() => {});
  });
  document.addEventListener("keydown", (event) => {
    const leave = document.querySelector("[data-leave-wall]");
    if (leave && event.key === "Escape" && !document.fullscreenElement) location.href = leave.href;
    if (leave && event.key === "f" && !event.ctrlKey && !event.metaKey) document.querySelector("[data-full-screen]").click();
  });

  /* ---- on paper ---------------------------------------------------------------------------- */

  /* Paper is white, whatever the screen is. */
  const page = document.documentElement;
  const LOOKS = ["theme", "bsTheme", "colorScheme"];
  let looks = [];
  addEventListener("beforeprint", () => {
    looks = LOOKS.map((one) => page.dataset[one]);
    for (const one of LOOKS) page.dataset[one] = "light";
    document.dispatchEvent(new CustomEvent("rounds:theme"));
  });
  addEventListener("afterprint", () => {
    LOOKS.forEach((one, at) => { if (looks[at] === undefined) delete page.dataset[one]; else page.dataset[one] = looks[at]; });
    document.dispatchEvent(new CustomEvent("rounds:theme"));
  });
  if (document.body.classList.contains("is-printed")) addEventListener("load", () => setTimeout(() => window.print(), 600));

  /* ---- searching among the views of the base ------------------------------------------------ */

  document.addEventListener("input", (event) => {
    const box = event.target.closest("[data-sift]");
    if (!box) return;
    const wanted = box.value.trim().toLowerCase();
    for (const one of box.closest("form").querySelectorAll("[data-sifted]")) {
      one.hidden = Boolean(wanted) && !one.textContent.toLowerCase().includes(wanted);
    }
  });
})();
