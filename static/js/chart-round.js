/* Charts round a middle or towards a point: pie, ring, funnel, radar, gauge. */
(() => {
  const { kinds, base, font, trim, HUES } = window.rounds.charts;

  function slices(data, paint) {
    const [layer] = data.layers;
    return layer.values.map((value, place) => ({
      value: Math.max(value || 0, 0), name: data.categories[place], itemStyle: { color: paint.tag(data.colors[place] || HUES[place % HUES.length]) },
    }));
  }

  function round(data, paint, box, { hole }) {
    const [layer] = data.layers;
    const narrow = box.width < 420;
    const legend = narrow || data.categories.length > 14;
    const middle = narrow ? "43%" : "50%";
    const outer = narrow ? "64%" : "70%";
    const option = {
      ...base(paint),
      series: [{
        type: "pie", radius: hole ? [narrow ? "44%" : "48%", outer] : [0, outer], center: [!narrow && legend ? "36%" : "50%", middle], data: slices(data, paint), cursor: "pointer",
        itemStyle: { borderColor: paint.surface, borderWidth: 2 }, minShowLabelAngle: 4,
        label: { show: !legend, color: paint.text, fontSize: 13, lineHeight: 18, formatter: ({ name, percent, dataIndex }) => `${trim(name, 14)}\n${layer.texts[dataIndex]} · ${Math.round(percent)}%` },
        labelLine: { lineStyle: { color: paint.line } },
      }],
      legend: legend ? { type: narrow && data.categories.length < 7 ? "plain" : "scroll", icon: "circle", itemWidth: 9, itemHeight: 9, textStyle: { color: paint.text, fontSize: 13 }, pageTextStyle: { color: paint.muted }, pageIconColor: paint.muted, pageIconInactiveColor: paint.line, formatter: (name) => `${trim(name, 12)} ${layer.texts[data.categories.indexOf(name)]}`, ...(narrow ? { bottom: 0 } : { orient: "vertical", right: 8, top: "middle" }) } : undefined,
    };
    if (hole) option.title = { text: data.total, left: !narrow && legend ? "35.5%" : "center", textAlign: !narrow && legend ? "center" : undefined, top: middle, textVerticalAlign: "middle", padding: 0, textStyle: { color: paint.text, fontSize: 26, fontWeight: 600, fontFamily: font() } };
    option.tooltip.formatter = ({ name, percent, dataIndex }) => `${name}\n${layer.texts[dataIndex]} · ${Math.round(percent)}%`;
    return option;
  }

  kinds.pie = (data, paint, box) => round(data, paint, box, { hole: false });
  kinds.ring = (data, paint, box) => round(data, paint, box, { hole: true });

  kinds.funnel = (data, paint, box) => {
    const [layer] = data.layers;
    const first = layer.values[0] || 0;
    const share = (place) => (first ? ` · ${Math.round((100 * (layer.values[place] || 0)) / first)}%` : "");
    const option = {
      ...base(paint),
      series: [{
        type: "funnel", sort: "none", gap: 2, minSize: "4%", left: "4%", top: 12, bottom: 12, width: box.width < 500 ? "58%" : "70%", cursor: "pointer", data: slices(data, paint),
        label: { position: "right", color: paint.text, fontSize: 13, formatter: ({ name, dataIndex }) => `${trim(name, box.width < 500 ? 7 : 16)}  ${layer.texts[dataIndex]}${share(dataIndex)}` },
        labelLine: { lineStyle: { color: paint.line } }, itemStyle: { borderColor: paint.surface, borderWidth: 1 },
      }],
    };
    option.tooltip.formatter = ({ name, dataIndex }) => `${name}\n${layer.texts[dataIndex]}${share(dataIndex)}`;
    return option;
  };

  kinds.radar = (data, paint, box) => {
    const units = data.layers.length > 1 && data.units.length > 1; // measures, each with its own scale
    const top = (layers) => Math.max(...layers.flatMap((layer) => layer.values.map((value) => value || 0)), 1);
    const most = top(data.layers);
    const scaled = (layer) => layer.values.map((value) => (units ? (100 * (value || 0)) / top([layer]) : value || 0));
    const option = {
      ...base(paint),
      radar: {
        indicator: data.categories.map((name) => ({ name: trim(name, 10), max: units ? 100 : most })), radius: box.width < 500 ? "56%" : "68%", center: ["50%", "52%"], splitNumber: 4,
        axisName: { color: paint.text, fontSize: 13 }, splitLine: { lineStyle: { color: paint.line } }, splitArea: { show: false }, axisLine: { lineStyle: { color: paint.line } },
      },
      series: [{
        type: "radar", symbolSize: 7,
        data: data.layers.map((layer) => ({ name: layer.name, value: scaled(layer), lineStyle: { color: paint.tag(layer.color), width: 2 }, itemStyle: { color: paint.tag(layer.color) }, areaStyle: { color: paint.tag(layer.color), opacity: 0.12 } })),
      }],
    };
    option.tooltip.formatter = ({ dataIndex }) => [data.layers[dataIndex].name, ...data.categories.map((name, place) => `${name}  ${data.layers[dataIndex].texts[place] || "0"}`)].join("\n");
    return option;
  };

  kinds.gauge = (data, paint, box) => {
    const value = data.layers[0].values[0] || 0;
    const share = Math.round((100 * value) / data.target);
    const hue = paint.tag(share >= 100 ? "green" : share >= 70 ? "teal" : "amber");
    const thick = Math.max(10, Math.min(box.width, box.height * 1.4) / 24);
    return {
      ...base(paint), tooltip: { show: false },
      series: [{
        type: "gauge", startAngle: 200, endAngle: -20, min: 0, max: Math.max(data.target, value), radius: "92%", center: ["50%", "60%"], splitNumber: 1, cursor: "pointer",
        progress: { show: true, width: thick, roundCap: true, itemStyle: { color: hue } }, axisLine: { roundCap: true, lineStyle: { width: thick, color: [[1, paint.shade]] } },
        pointer: { show: false }, axisTick: { show: false }, splitLine: { show: false },
        axisLabel: { show: false },
        title: { offsetCenter: [0, "26%"], color: paint.muted, fontSize: 14 },
        detail: { offsetCenter: [0, "-4%"], formatter: data.total, color: paint.text, fontSize: box.width < 420 ? 26 : 34, fontWeight: 600, fontFamily: font() },
        data: [{ value, name: `${share}% · ${data.targets}` }],
      }],
    };
  };
})();
