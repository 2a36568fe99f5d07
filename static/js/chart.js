/* Charts: ECharts on the JSON beside each figure, redrawn when the theme or the room changes; a click
   opens the records behind a mark. The other chart-*.js say how each kind is drawn. */
(() => {
  const { kinds, heights, palette, doors } = window.rounds.charts;
  const charts = new Map(); // figure → its ECharts

  const dataOf = (figure) => JSON.parse(figure.querySelector("script[type='application/json']").textContent);

  /** Charts that need a height of their own take it; everything else fills what it is given. */
  function measure(figure, data) {
    const canvas = figure.querySelector(".chart-canvas");
    const height = heights[data.chart]?.(data);
    if (height && !figure.closest(".tile")) canvas.style.height = `${height}px`;
    return canvas;
  }

  function paintOne(figure) {
    const chart = charts.get(figure);
    const data = dataOf(figure);
    chart.setOption(kinds[data.chart](data, palette(), { width: chart.getWidth(), height: chart.getHeight() }), true);
  }

  /** The address behind a mark: of its layer and category. */
  function door(data, { seriesIndex, seriesName, dataIndex, data: one, componentType }) {
    if (componentType !== "series") return null;
    const layers = data.layers;
    if (data.chart === "heatmap") return layers[one.row].hrefs[one.place];
    if (data.chart === "scatter") return layers[0].hrefs[one.place];
    const meant = layers.find((layer) => layer.name === seriesName) || layers[Math.min(seriesIndex, layers.length - 1)];
    const other = doors[data.chart]?.[meant.key];
    const layer = other ? layers.find((each) => each.key === other) : meant;
    return data.chart === "radar" ? null : layer.hrefs[dataIndex];
  }

  function begin(figure) {
    if (charts.has(figure) || !window.echarts || !figure.querySelector(".chart-canvas")) return;
    const data = dataOf(figure);
    const canvas = measure(figure, data);
    const chart = window.echarts.init(canvas, null, { renderer: "canvas" });
    charts.set(figure, chart);
    paintOne(figure);
    chart.on("click", (event) => { const href = door(data, event); if (href) location.href = href; });
    new ResizeObserver(() => { if (!figure.isConnected) return; chart.resize(); paintOne(figure); }).observe(canvas);
  }

  function beginAll(root) {
    for (const [figure, chart] of charts) if (!figure.isConnected) { chart.dispose(); charts.delete(figure); }
    root.querySelectorAll?.("[data-chart]").forEach(begin);
  }

  /* ---- as a picture ------------------------------------------------------------------------------ */

  const asPicture = (src) => new Promise((done) => { const image = new Image(); image.onload = () => done(image); image.src = src; });

  /** The drawing beneath its title, with its key, as a PNG. */
  async function picture(figure, title) {
    const paint = palette();
    const chart = charts.get(figure);
    const image = chart ? await asPicture(chart.getDataURL({ pixelRatio: 2, backgroundColor: paint.surface })) : null;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [Math.max(image?.width || 0, 1200), (image?.height || 240) + 150];
    const pen = canvas.getContext("2d");
    pen.fillStyle = paint.surface;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.fillStyle = paint.text;
    pen.font = `600 36px ${window.rounds.charts.font()}`;
    pen.fillText(title, 40, 64, canvas.width - 80);
    if (image) pen.drawImage(image, 0, 150);
    else { pen.font = `600 110px ${window.rounds.charts.font()}`; pen.fillText(dataOf(figure).total, 40, 240); }
    pen.font = `26px ${window.rounds.charts.font()}`;
    let at = 40;
    for (const item of figure.querySelectorAll(".chart-key li")) {
      pen.fillStyle = getComputedStyle(item.querySelector(".dot")).backgroundColor;
      pen.fillRect(at, 98, 20, 20);
      pen.fillStyle = paint.text;
      pen.fillText(item.textContent, at + 30, 118);
      at += 70 + pen.measureText(item.textContent).width;
    }
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  }

  document.addEventListener("click", async (event) => {
    if (!event.target.closest("[data-chart-png]")) return;
    const stage = document.getElementById("chart-stage");
    const figure = stage.querySelector("[data-chart]");
    if (!figure) return;
    const title = stage.querySelector("h2").textContent;
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(await picture(figure, title)), download: `${title.replace(/[\\/:*?"<>|]/g, "_")}.png` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });

  beginAll(document);
  document.addEventListener("htmx:after:settle", (event) => beginAll(event.target));
  document.addEventListener("rounds:chart", (event) => beginAll(event.target));
  document.addEventListener("rounds:patched", (event) => { beginAll(event.target); charts.forEach((_chart, figure) => paintOne(figure)); });
  document.addEventListener("rounds:theme", () => charts.forEach((_chart, figure) => figure.isConnected && paintOne(figure)));
})();
