/* Charts on two axes: bars, stacked bars, lines, areas, bars with a line, scatter, heat map. */
(() => {
  const look = window.rounds.charts;
  const { kinds, heights, base, longest, short, trim } = look;

  /* The year beneath its month, so that twelve months fit side by side. */
  const twoLines = (text) => text.replace(/^(\d{4})年(.+)$/, "$2\n$1").replace(/^([A-Z][a-z]{2}) (\d{4})$/, "$1\n$2").replace(/^(\d{4})-(\d\d-\d\d)$/, "$2\n$1");
  const axisLine = (paint) => ({ lineStyle: { color: paint.line } });
  const whole = (data) => data.layers.every((layer) => layer.values.every((value) => Number.isInteger(value || 0)));

  function names(data, paint, box, flat) {
    const count = Math.max(data.categories.length, 1);
    const room = box.width / count;
    const tight = !flat && !data.timely && longest(data.categories) * 13 > room;
    const label = flat
      ? { width: Math.min(box.width * 0.34, 14 * longest(data.categories)), overflow: "truncate", interval: 0 }
      : { formatter: tight ? (text) => trim(text, box.width < 500 ? 6 : 9) : twoLines, ...(tight ? { rotate: 40, interval: Math.ceil(18 / room) - 1 } : {}) };
    return {
      type: "category", data: data.categories, inverse: flat, axisTick: { show: false }, axisLine: axisLine(paint),
      axisLabel: { color: paint.text, fontSize: flat ? 13 : 12, lineHeight: 16, hideOverlap: true, ...label },
    };
  }

  function numbers(data, paint, which = 0) {
    return {
      type: "value", splitNumber: 4, minInterval: whole(data) ? 1 : 0, splitLine: which ? { show: false } : axisLine(paint),
      axisLabel: { color: paint.muted, fontSize: 12, formatter: (value) => short(value, data.units[which]) },
    };
  }

  /** All layers of the category beneath the pointer, the empty ones left out. */
  function tell(data, share) {
    return (given) => {
      const place = (Array.isArray(given) ? given[0] : given).dataIndex;
      const sum = data.layers.reduce((all, layer) => all + (layer.values[place] || 0), 0);
      const part = (layer) => (share && sum ? ` · ${Math.round((100 * (layer.values[place] || 0)) / sum)}%` : "");
      const lines = data.layers.filter((layer) => layer.texts[place]).map((layer) => `${layer.name}  ${layer.texts[place]}${part(layer)}`);
      const head = data.layers.length > 1 && data.wholes[place] ? `${data.categories[place]}  ${data.wholes[place]}` : data.categories[place];
      return [head, ...lines].join("\n");
    };
  }

  function plane(data, paint, box, { flat = false, line = false, share = false, series, right = false }) {
    const option = { ...base(paint), series };
    const across = names(data, paint, box, flat);
    const up = { ...numbers(data, paint), ...(share ? { max: 100, minInterval: 0, axisLabel: { color: paint.muted, fontSize: 12, formatter: "{value}%" } } : {}) };
    if (flat) Object.assign(option, { yAxis: across, xAxis: { ...up, show: share } });
    else Object.assign(option, { xAxis: across, yAxis: right ? [up, numbers(data, paint, 1)] : up });
    option.grid = { left: 4, right: flat ? 64 : 16, top: flat ? (data.targets ? 22 : 4) : 26, bottom: 4, containLabel: true };
    Object.assign(option.tooltip, {
      trigger: "axis", formatter: tell(data, share),
      axisPointer: { type: line ? "line" : "shadow", lineStyle: { color: paint.muted }, shadowStyle: { color: paint.line, opacity: 0.35 } },
    });
    if (data.categories.length > 60 && !flat) option.dataZoom = [{ type: "inside", zoomOnMouseWheel: "ctrl" }];
    return option;
  }

  const roomy = (data, box, flat) => flat || box.width / (data.categories.length * data.layers.length) > 34;

  function bars(data, paint, box, { flat, stack = false, share = false, only = null }) {
    const layers = only === null ? data.layers : [data.layers[only]];
    const sums = data.categories.map((_name, place) => data.layers.reduce((all, layer) => all + (layer.values[place] || 0), 0));
    const round = stack ? { borderColor: paint.surface, borderWidth: 1 } : { borderRadius: flat ? [0, 3, 3, 0] : [3, 3, 0, 0] };
    return layers.map((layer, at) => ({
      type: "bar", name: layer.name, stack: stack ? "all" : undefined, barMaxWidth: flat ? 22 : 44, cursor: "pointer",
      itemStyle: { color: paint.tag(layer.color), ...round },
      data: layer.values.map((value, place) => ({
        value: share && sums[place] ? (100 * (value || 0)) / sums[place] : value,
        ...(data.colors[place] && layers.length === 1 ? { itemStyle: { color: paint.tag(data.colors[place]) } } : {}),
      })),
      label: { show: !stack && roomy(data, box, flat), position: flat ? "right" : "top", color: paint.text, fontSize: 13, formatter: ({ dataIndex }) => layer.texts[dataIndex] },
      emphasis: { focus: "none" }, markLine: at ? undefined : look.targetLine(data, paint, flat),
    }));
  }

  function stackedBars(data, paint, box, share) {
    const flat = !data.timely;
    const series = bars(data, paint, box, { flat, stack: true, share });
    if (!share && data.layers.length > 1 && data.wholes.length && (flat || box.width / data.categories.length > 34)) series.push({
      type: "bar", stack: "all", silent: true, tooltip: { show: false }, data: data.wholes.map(() => 0), barMaxWidth: flat ? 22 : 44,
      label: { show: true, position: flat ? "right" : "top", color: paint.text, fontSize: 13, fontWeight: 600, formatter: ({ dataIndex }) => data.wholes[dataIndex] },
    });
    return plane(data, paint, box, { flat, share, series });
  }

  function lines(data, paint, { stack = false, only = null, axis = 0 } = {}) {
    const layers = only === null ? data.layers : [data.layers[only]];
    return layers.map((layer, at) => ({
      type: "line", name: layer.name, data: layer.values, symbol: "circle", symbolSize: layer.values.length > 40 ? 4 : 7, cursor: "pointer", yAxisIndex: axis,
      showAllSymbol: true, connectNulls: false, stack: stack ? "all" : undefined, lineStyle: { width: 2.5, color: paint.tag(layer.color) }, itemStyle: { color: paint.tag(layer.color) },
      areaStyle: stack ? { color: paint.tag(layer.color), opacity: 0.28 } : undefined, markLine: at || axis ? undefined : look.targetLine(data, paint, false),
    }));
  }

  kinds.bar = (data, paint, box) => plane(data, paint, box, { series: bars(data, paint, box, { flat: false }) });
  kinds.hbar = (data, paint, box) => plane(data, paint, box, { flat: true, series: bars(data, paint, box, { flat: true }) });
  kinds.stacked = (data, paint, box) => stackedBars(data, paint, box, false);
  kinds.full = (data, paint, box) => stackedBars(data, paint, box, true);
  /* Two measures of different units need an axis each. */
  kinds.line = (data, paint, box) => {
    const right = data.units.length === 2 && JSON.stringify(data.units[0]) !== JSON.stringify(data.units[1]);
    const series = right ? [0, 1].flatMap((only) => lines(data, paint, { only, axis: only })) : lines(data, paint);
    return plane(data, paint, box, { line: true, right, series });
  };
  kinds.area = (data, paint, box) => plane(data, paint, box, { line: true, series: lines(data, paint, { stack: true }) });
  kinds.combo = (data, paint, box) => plane(data, paint, box, {
    right: true, series: [...bars({ ...data, colors: [] }, paint, box, { flat: false, only: 0 }), ...lines(data, paint, { only: 1, axis: 1 })],
  });

  /* Bars that lie need a height of their own. */
  const lying = (data) => Math.max(220, data.categories.length * 40 * Math.max(1, data.chart === "hbar" ? data.layers.length * 0.7 : 1) + 24);
  heights.hbar = lying;
  heights.stacked = heights.full = (data) => (data.timely ? 0 : lying(data));

  /* ---- points and squares ------------------------------------------------------------------------ */

  kinds.scatter = (data, paint, box) => {
    const [first, second] = data.layers;
    const points = data.categories.map((name, place) => ({ name, value: [first.values[place], second.values[place]], place })).filter((one) => one.value.every((value) => value !== null));
    const few = points.length < 25;
    const axis = (which) => ({ ...numbers(data, paint, which), splitLine: axisLine(paint), name: data.layers[which].name, nameLocation: "middle", nameGap: which ? 44 : 28, nameTextStyle: { color: paint.muted, fontSize: 12 }, scale: true });
    const option = {
      ...base(paint), grid: { left: 24, right: 36, top: 24, bottom: 24, containLabel: true }, xAxis: axis(0), yAxis: axis(1),
      series: [{
        type: "scatter", data: points, symbolSize: few ? 14 : 9, cursor: "pointer", itemStyle: { color: paint.tag("teal"), opacity: 0.8 },
        label: { show: few, position: "right", color: paint.muted, fontSize: 12, formatter: ({ data: one }) => trim(one.name, box.width < 500 ? 6 : 14) }, labelLayout: { hideOverlap: true },
      }],
    };
    option.tooltip.formatter = ({ data: one }) => [one.name, ...data.layers.map((layer) => `${layer.name}  ${layer.texts[one.place]}`)].join("\n");
    return option;
  };

  kinds.heatmap = (data, paint, box) => {
    const cells = data.layers.flatMap((layer, row) => layer.values.map((value, place) => ({ value: [place, row, value || 0], row, place, visualMap: !layer.rest })));
    const most = Math.max(...cells.filter((cell) => cell.visualMap).map((cell) => cell.value[2]), 1); // the rest would dwarf all
    const roomyCells = box.width / data.categories.length > 44;
    const across = names({ ...data, timely: data.timely }, paint, box, false);
    const option = {
      ...base(paint), grid: { left: 4, right: 8, top: 8, bottom: 4, containLabel: true },
      xAxis: { ...across, splitArea: { show: false } },
      yAxis: { type: "category", data: data.layers.map((layer) => layer.name), inverse: true, axisTick: { show: false }, axisLine: axisLine(paint), axisLabel: { color: paint.text, fontSize: 12, width: Math.min(120, box.width * 0.25), overflow: "truncate", interval: 0 } },
      visualMap: { show: false, min: 0, max: most, inRange: { color: [paint.shade, paint.tag("teal")] } },
      series: [{
        type: "heatmap", data: cells, cursor: "pointer", itemStyle: { borderColor: paint.surface, borderWidth: 2 }, emphasis: { itemStyle: { borderColor: paint.text } },
        label: { show: roomyCells, fontSize: 12, formatter: ({ data: cell }) => data.layers[cell.row].texts[cell.place] },
      }],
    };
    for (const cell of cells) {
      cell.label = { color: cell.visualMap && cell.value[2] > most * 0.75 ? paint.surface : paint.text };
      if (!cell.visualMap) cell.itemStyle = { color: paint.shade, borderColor: paint.surface, borderWidth: 2 };
    }
    option.tooltip.formatter = ({ data: cell }) => `${data.categories[cell.place]} · ${data.layers[cell.row].name}\n${data.layers[cell.row].texts[cell.place] || "0"}`;
    return option;
  };
  heights.heatmap = (data) => Math.max(260, data.layers.length * (data.layers.length > 10 ? 28 : 44) + 80);
})();
