/* What all charts share: colours from the tokens through a probe, fonts, numbers on axes, tooltips
   (drawn on the canvas, because the content policy forbids HTML ones). */
(() => {
  const probe = document.createElement("span");
  probe.hidden = true;

  /** A token as a colour that a canvas understands. */
  function color(token) {
    if (!probe.isConnected) document.body.append(probe);
    probe.style.color = `var(${token})`;
    return getComputedStyle(probe).color;
  }

  const palette = () => ({
    text: color("--text"), muted: color("--text-muted"), line: color("--hairline"), float: color("--surface-float"),
    surface: color("--surface"), shade: color("--surface-3"), accent: color("--accent"), late: color("--late-hue"),
    tag: (name) => color(`--tag-${name || "teal"}`), soft: (name) => color(`--tag-${name || "teal"}-bg`),
  });

  const HUES = ["teal", "blue", "amber", "purple", "green", "pink", "cyan", "orange", "indigo", "olive"];
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const font = () => getComputedStyle(document.body).fontFamily;
  const trim = (text, most) => ([...text].length > most ? `${[...text].slice(0, most - 1).join("")}…` : text);
  const wide = (text) => [...text].reduce((sum, sign) => sum + (sign > "\u2e80" ? 1 : 0.56), 0);
  const longest = (texts) => Math.max(...texts.map(wide), 2);
  const zh = () => document.documentElement.lang.startsWith("zh");

  function base(paint) {
    return {
      animation: !still.matches, animationDuration: 160, animationDurationUpdate: 160,
      textStyle: { fontFamily: font(), color: paint.text, fontSize: 13 },
      tooltip: {
        renderMode: "richText", confine: true, backgroundColor: paint.float, borderColor: paint.line, borderWidth: 1,
        padding: [8, 12], textStyle: { color: paint.text, fontSize: 13, fontFamily: font() },
      },
    };
  }

  /** A number as an axis writes it: 1.2万, 1.2M, ¥3k, 40%, 12 h. */
  function short(value, unit = {}) {
    const number = unit.hours ? value / 3600 : value;
    const text = new Intl.NumberFormat(zh() ? "zh-CN" : "en", { notation: "compact", maximumFractionDigits: 1 }).format(number);
    return `${unit.before || ""}${text}${unit.hours ? " h" : unit.after || ""}`;
  }

  /** The line of the target, labelled with its number. */
  const targetLine = (data, paint, flat) => (data.target === null || data.target === undefined ? undefined : {
    silent: true, symbol: "none", lineStyle: { color: paint.late, type: "dashed", width: 1.5 },
    label: { formatter: data.targets, color: paint.late, fontSize: 12, position: flat ? "end" : "insideEndTop" },
    data: [flat ? { xAxis: data.target } : { yAxis: data.target }],
  });

  window.rounds.charts = { kinds: {}, heights: {}, palette, base, font, trim, wide, longest, short, targetLine, HUES };
})();
