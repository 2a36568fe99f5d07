/* Settings of a view kind: what is chosen is saved into the view, which is then shown anew. */
(() => {
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-kind-settings]");
    if (!form) return;
    event.preventDefault();
    const given = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, JSON.parse(value)]));
    const address = form.dataset.kindSettings;
    const { ok, status, data } = await window.rounds.fetch(`${address}/options`, { method: "POST", json: given });
    if (ok) { location.href = address; return; }
    const error = form.querySelector("[data-error]");
    error.hidden = !(status && status < 500);
    error.textContent = data?.error || "";
  });
})();
