/* Runs before the first paint (blocking, in <head>): theme and folded sidebar without a flash. */
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const narrow = matchMedia("(min-width: 769px) and (max-width: 1024px)");

  function stored(key) {
    try { return localStorage.getItem(key); } catch { return null; }
  }

  function applyTheme() {
    const asked = root.dataset.theme || "auto";
    const scheme = asked === "auto" ? (dark.matches ? "dark" : "light") : asked;
    root.dataset.bsTheme = scheme;
    root.dataset.colorScheme = scheme;
    document.querySelector("meta[name=theme-color]")
      ?.setAttribute("content", scheme === "dark" ? "#1a1917" : "#ffffff");
    root.dispatchEvent(new CustomEvent("rounds:theme", { detail: { scheme }, bubbles: true }));
  }

  function applySidebar() {
    root.dataset.sidebar = stored("rounds.sidebar") || (narrow.matches ? "folded" : "open");
  }

  window.rounds = {
    /** The value of a token now, for canvases: rounds.token("--tag-teal"). */
    token: (name) => getComputedStyle(root).getPropertyValue(name).trim(),
    setTheme(theme) { root.dataset.theme = theme; applyTheme(); },
    foldSidebar() {
      const next = root.dataset.sidebar === "folded" ? "open" : "folded";
      try { localStorage.setItem("rounds.sidebar", next); } catch { /* private mode: this page only */ }
      root.dataset.sidebar = next;
    },
  };
  applyTheme();
  applySidebar();
  dark.addEventListener("change", applyTheme);
  narrow.addEventListener("change", applySidebar);
})();
