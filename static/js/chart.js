/* Charts: ECharts on the JSON beside each figure. Colours come from the tokens through a probe, so a
   new theme redraws; tooltips are drawn on the canvas, because the content policy forbids HTML ones. */
(() => {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const charts = new Map(); // figure → its ECharts

  /* ---- colours ------------------------------------------------------------------------------ */

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
    surface: color("--surface"), accent: color("--accent"), tag: (name) => color(`--tag-${name || "teal"}`),
  });

  /* ---- what all charts share ------------------------------------------------------------------ */

  const font = () => getComputedStyle(document.body).fontFamily;
  const trim = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

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

  const axisLine = (paint) => ({ lineStyle: { color: paint.line } });

  /* ---- bars and lines -------------------------------------------------------------------------- */

  /* The year beneath its month, so that twelve months fit side by side. */
  const twoLines = (text) => text.replace(/^(\d{4})年(.+)$/, "$2\n$1").replace(/^([A-Z][a-z]{2}) (\d{4})$/, "$1\n$2").replace(/^(\d{4})-(\d\d-\d\d)$/, "$2\n$1");

  function axes(data, paint, wide, flat) {
    const names = {
      type: "category", data: data.categories, inverse: flat, axisTick: { show: false }, axisLine: axisLine(paint),
      axisLabel: { color: paint.text, fontSize: 13, lineHeight: 16, hideOverlap: true, formatter: twoLines, ...(flat ? { width: Math.min(wide * 0.34, 14 * longest(data)), overflow: "truncate", interval: 0 } : {}) },
    };
    const numbers = {
      type: "value", splitNumber: 4, minInterval: Number.isInteger(most(data)) ? 1 : 0, splitLine: axisLine(paint), show: !flat,
      axisLabel: { color: paint.muted, fontSize: 12 },
    };
    return flat ? { yAxis: names, xAxis: numbers } : { xAxis: names, yAxis: numbers };
  }

  const longest = (data) => Math.max(...data.categories.map((name) => [...name].reduce((sum, sign) => sum + (sign > "\u2e80" ? 1 : 0.56), 0)), 2);
  const most = (data) => Math.max(...data.layers.flatMap((layer) => layer.values.map((value) => value || 0)), 0);

  function barSeries(data, paint, flat, roomy) {
    const several = data.layers.length > 1;
    const stacked = several && data.stacked;
    const series = data.layers.map((layer) => ({
      type: "bar", name: layer.name, stack: stacked ? "all" : undefined, barMaxWidth: flat ? 22 : 44, barMinHeight: 0, cursor: "pointer",
      itemStyle: { color: paint.tag(layer.color), ...(stacked ? { borderColor: paint.surface, borderWidth: 1 } : { borderRadius: flat ? [0, 3, 3, 0] : [3, 3, 0, 0] }) },
      data: layer.values.map((value, place) => ({
        value, ...(data.colors[place] ? { itemStyle: { color: paint.tag(data.colors[place]) } } : {}),
      })),
      label: { show: !stacked && roomy, position: flat ? "right" : "top", color: paint.text, fontSize: 13, formatter: ({ dataIndex }) => layer.texts[dataIndex] },
      emphasis: { focus: "none" },
    }));
    if (stacked && roomy) series.push({
      type: "bar", stack: "all", silent: true, tooltip: { show: false }, data: data.wholes.map(() => 0), barMaxWidth: flat ? 22 : 44,
      label: { show: true, position: flat ? "right" : "top", color: paint.text, fontSize: 13, fontWeight: 600, formatter: ({ dataIndex }) => data.wholes[dataIndex] },
    });
    return series;
  }

  function lineSeries(data, paint) {
    return data.layers.map((layer) => ({
      type: "line", name: layer.name, data: layer.values, symbol: "circle", symbolSize: layer.values.length > 40 ? 4 : 7, cursor: "pointer", connectNulls: true,
      lineStyle: { width: 2.5, color: paint.tag(layer.color) }, itemStyle: { color: paint.tag(layer.color) },
      areaStyle: data.layers.length === 1 ? { color: paint.tag(layer.color), opacity: 0.1 } : undefined,
    }));
  }

  /** All layers of the category beneath the pointer, the empty ones left out. */
  function tellCategory(data) {
    return (given) => {
      const place = (Array.isArray(given) ? given[0] : given).dataIndex;
      const lines = data.layers.filter((layer) => layer.texts[place]).map((layer) => `${layer.name}  ${layer.texts[place]}`);
      const head = data.layers.length > 1 && data.wholes[place] ? `${data.categories[place]}  ${data.wholes[place]}` : data.categories[place];
      return [head, ...lines].join("\n");
    };
  }

  function cartesian(data, paint, box) {
    const flat = data.chart === "bar" && !data.timely;
    const count = data.categories.length;
    const roomy = flat || box.width / count > 34;
    const option = {
      ...base(paint), ...axes(data, paint, box.width, flat),
      grid: { left: 4, right: flat ? 56 : 12, top: flat ? 4 : 26, bottom: 4, containLabel: true },
      series: data.chart === "line" ? lineSeries(data, paint) : barSeries(data, paint, flat, roomy),
    };
    Object.assign(option.tooltip, { trigger: "axis", axisPointer: { type: data.chart === "line" ? "line" : "shadow", lineStyle: { color: paint.muted }, shadowStyle: { color: paint.line, opacity: 0.35 } }, formatter: tellCategory(data) });
    return option;
  }

  /* ---- ring ------------------------------------------------------------------------------------- */

  function ring(data, paint, box) {
    const [layer] = data.layers;
    const narrow = box.width < 420;
    const slices = layer.values.map((value, place) => ({
      value: value || 0, name: data.categories[place],
      itemStyle: { color: paint.tag(data.colors[place] || ["teal", "blue", "amber", "purple", "green", "pink", "cyan", "orange", "indigo", "olive"][place % 10]) },
    }));
    const option = {
      ...base(paint),
      title: { text: data.total, left: "center", top: narrow ? "43%" : "50%", textVerticalAlign: "middle", padding: 0, textStyle: { color: paint.text, fontSize: 26, fontWeight: 600, fontFamily: font() } },
      series: [{
        type: "pie", radius: narrow ? ["44%", "64%"] : ["48%", "70%"], center: ["50%", narrow ? "43%" : "50%"], data: slices, cursor: "pointer",
        itemStyle: { borderColor: paint.surface, borderWidth: 2 }, minShowLabelAngle: 4,
        label: { show: !narrow, color: paint.text, fontSize: 13, lineHeight: 18, formatter: ({ name, percent, dataIndex }) => `${trim(name, 14)}\n${layer.texts[dataIndex]} · ${Math.round(percent)}%` },
        labelLine: { lineStyle: { color: paint.line } },
      }],
      legend: narrow ? { bottom: 0, icon: "circle", itemWidth: 9, itemHeight: 9, textStyle: { color: paint.text, fontSize: 13 }, formatter: (name) => `${trim(name, 10)} ${layer.texts[data.categories.indexOf(name)]}` } : undefined,
    };
    option.tooltip.formatter = ({ name, percent, dataIndex }) => `${name}\n${layer.texts[dataIndex]} · ${Math.round(percent)}%`;
    return option;
  }

  /* ---- drawing, opening ---------------------------------------------------------------------------- */

  const dataOf = (figure) => JSON.parse(figure.querySelector("script[type='application/json']").textContent);

  /** Horizontal bars need a height of their own; everything else fills what it is given. */
  function measure(figure, data) {
    const canvas = figure.querySelector(".chart-canvas");
    const flat = data.chart === "bar" && !data.timely;
    if (flat && !figure.closest(".tile")) canvas.style.height = `${Math.max(220, data.categories.length * 40 + 24)}px`;
    return canvas;
  }

  function paintOne(figure) {
    const chart = charts.get(figure);
    const data = dataOf(figure);
    const box = { width: chart.getWidth(), height: chart.getHeight() };
    chart.setOption((data.chart === "pie" ? ring : cartesian)(data, palette(), box), true);
  }

  function begin(figure) {
    if (charts.has(figure) || !window.echarts) return;
    const data = dataOf(figure);
    const canvas = measure(figure, data);
    const chart = window.echarts.init(canvas, null, { renderer: "canvas" });
    charts.set(figure, chart);
    paintOne(figure);
    chart.on("click", ({ seriesIndex, dataIndex }) => {
      const href = data.layers[Math.min(seriesIndex, data.layers.length - 1)].hrefs[dataIndex];
      if (href) location.href = href;
    });
    new ResizeObserver(() => { if (!figure.isConnected) return; chart.resize(); paintOne(figure); }).observe(canvas);
  }

  function beginAll(root) {
    for (const [figure, chart] of charts) if (!figure.isConnected) { chart.dispose(); charts.delete(figure); }
    root.querySelectorAll?.("[data-chart]").forEach(begin);
  }

  beginAll(document);
  window.rounds.charts = beginAll;
  document.addEventListener("htmx:after:settle", (event) => beginAll(event.target));
  document.addEventListener("rounds:theme", () => charts.forEach((_chart, figure) => figure.isConnected && paintOne(figure)));

  /* ---- settings --------------------------------------------------------------------------------------- */

  function showBucket(form) {
    const box = form.querySelector("[data-bucket]");
    box.hidden = !box.dataset.timely.split(",").includes(form.elements.group.value);
  }

  function settingsOf(form) {
    const given = Object.fromEntries(new FormData(form));
    const [kind, field] = given.measure.split(":");
    return {
      chart: given.chart || "bar", group: Number(given.group), bucket: given.bucket, order: given.order, top: Number(given.top) || null,
      measure: { kind, field: field ? Number(field) : null }, split: given.split ? Number(given.split) : null,
    };
  }

  document.addEventListener("change", (event) => {
    const form = event.target.closest("[data-chart-settings]");
    if (form) showBucket(form);
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-chart-save]");
    if (!button) return;
    const { form } = button;
    const { ok, status, data } = await window.rounds.fetch(`/v/${form.dataset.view}/options`, { method: "POST", json: settingsOf(form) });
    if (ok) location.href = `/v/${form.dataset.view}`;
    else if (status && status < 500 && data?.error) window.rounds.toast({ text: data.error, kind: "attention" });
  });

  document.querySelectorAll("[data-chart-settings]").forEach(showBucket);
})();
