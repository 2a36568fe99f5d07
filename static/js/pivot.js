/* Pivot settings: what is applied stands in the address; saved, it goes into the view. */
(() => {
  /** Days, weeks … are asked for beside dates alone. */
  function showBuckets(form) {
    const timely = form.dataset.timely.split(",");
    for (const pair of form.querySelectorAll(".pivot-pair"))
      pair.querySelector("[data-bucket]").hidden = !timely.includes(pair.querySelector("[data-dimension]").value);
  }

  function settingsOf(form) {
    const given = Object.fromEntries(new FormData(form));
    const by = (name) => (given[name] ? { field: Number(given[name]), bucket: given[`${name}_by`] } : null);
    const measure = (text) => {
      const [kind, field] = text.split(":");
      return { kind, field: field ? Number(field) : null };
    };
    return {
      rows: [by("row"), by("row2")].filter(Boolean), column: by("column"),
      measures: [given.m1, given.m2, given.m3].filter(Boolean).map(measure),
      share: given.share, heat: form.querySelector("[type=checkbox][name=heat]").checked, top: Number(given.top) || null, rank: given.rank || "name",
    };
  }

  async function save(form) {
    const address = `/v/${form.dataset.view}`;
    const { ok, status, data } = await window.rounds.fetch(`${address}/options`, { method: "POST", json: settingsOf(form) });
    if (ok) { location.href = address; return; }
    const error = form.querySelector("[data-error]");
    error.hidden = !(status && status < 500 && data?.error);
    error.textContent = data?.error || "";
  }

  document.addEventListener("change", (event) => {
    const form = event.target.closest("[data-pivot-settings]");
    if (form) showBuckets(form);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-pivot-save]");
    if (button) save(button.form);
  });
  document.addEventListener("toggle", (event) => {
    if (event.target.id === "pivot-settings") showBuckets(event.target.querySelector("form"));
  }, true);
})();
