/* Choose: select[data-choose] becomes a Tom Select; data-src makes it ask the server.
   data-src answers [{value, text, hint?, color?}] for ?q=…; load vendor/tom-select.min.js first. */
(() => {
  const words = document.body.dataset;

  function option(data, escape) {
    const hint = data.hint ? `<small>${escape(data.hint)}</small>` : "";
    return `<div>${escape(data.text)}${hint}</div>`;
  }

  function item(data, escape) {
    const color = /^[a-z]+$/.test(data.color || "") ? ` class="tag-${data.color}"` : "";
    return `<div${color}>${escape(data.text)}</div>`;
  }

  const clear = ({ title, className }) =>
    `<button type="button" class="${className}" title="${title}" aria-label="${title}">×</button>`;

  function asks(select) {
    let asked = 0;
    return (query, done) => {
      const mine = asked += 1;
      const url = new URL(select.dataset.src, location.href);
      url.searchParams.set("q", query);
      window.rounds.fetch(url).then(({ data }) => {
        if (mine !== asked) { done([]); return; } // another question is under way
        if (Array.isArray(data)) select.tomselect?.clearOptions(); // they answered another question; what is chosen stays
        done(Array.isArray(data) ? data : []);
      });
    };
  }

  function dress(select) {
    if (select.tomselect || !window.TomSelect) return;
    const remote = Boolean(select.dataset.src);
    const label = select.getAttribute("aria-label") || select.labels[0]?.textContent;
    const plugins = select.multiple ? { remove_button: { title: words.remove, label: "×" } }
      : select.required ? {} : { clear_button: { title: words.remove, html: clear } };
    const box = new window.TomSelect(select, {
      plugins,
      maxOptions: 200,
      hidePlaceholder: true,
      placeholder: select.dataset.placeholder || select.querySelector("option[value='']")?.textContent || "",
      searchField: remote ? [] : ["text", "keys"],
      onItemAdd() { this.setTextboxValue(""); this.refreshOptions(false); },
      render: { option, item, no_results: () => `<div class="no-results">${words.nothing}</div>` },
      ...(remote ? { load: asks(select), shouldLoad: () => true, preload: "focus", loadThrottle: 150 } : {}),
    });
    if (label) select.setAttribute("aria-label", label.trim());
    if (select.getAttribute("aria-invalid") === "true") box.wrapper.classList.add("invalid");
  }

  const dressAll = (root) => root.querySelectorAll?.("select[data-choose]").forEach(dress);
  dressAll(document);
  document.addEventListener("htmx:after:process", (event) => dressAll(event.target));
  /* What a swap removes must let go of its listeners. */
  document.addEventListener("htmx:before:cleanup", (event) =>
    event.target.querySelectorAll?.("select.tomselected").forEach((select) => select.tomselect?.destroy()));
  window.rounds.choose = dressAll;
})();
