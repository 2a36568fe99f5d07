/* Charts from the moves of a stage: what became of those that entered it, how long they stayed. */
(() => {
  const { kinds, heights, base, longest } = window.rounds.charts;
  const by = (data) => Object.fromEntries(data.layers.map((layer) => [layer.key, layer]));

  function frame(data, paint, box) {
    return {
      ...base(paint), grid: { left: 4, right: 88, top: 4, bottom: 4, containLabel: true },
      xAxis: { type: "value", show: false },
      yAxis: { type: "category", data: data.categories, inverse: true, axisTick: { show: false }, axisLine: { lineStyle: { color: paint.line } }, axisLabel: { color: paint.text, fontSize: 13, width: Math.min(box.width * 0.3, 14 * longest(data.categories)), overflow: "truncate", interval: 0 } },
    };
  }

  const bar = (layer, color, more = {}) => ({ type: "bar", name: layer.name, barMaxWidth: 26, cursor: "pointer", itemStyle: { color }, emphasis: { focus: "none" }, ...more });

  kinds.stage_funnel = (data, paint, box) => {
    const told = by(data);
    const open = told.entered.values.map((value, place) => (value || 0) - (told.went_on.values[place] || 0));
    const option = frame(data, paint, box);
    option.series = [
      bar(told.went_on, paint.tag("teal"), { stack: "all", data: told.went_on.values, label: { show: true, position: "insideLeft", color: paint.surface, fontSize: 12, formatter: ({ dataIndex, value }) => (value > 0 && (value / Math.max(...told.entered.values)) * box.width > 60 ? told.went_on.texts[dataIndex] : "") } }),
      bar(told.entered, paint.soft("teal"), { stack: "all", data: open, label: { show: true, position: "right", color: paint.text, fontSize: 13, formatter: ({ dataIndex }) => `${told.entered.texts[dataIndex]}${told.rate.texts[dataIndex] ? `  →  ${told.rate.texts[dataIndex]}` : ""}` } }),
    ];
    Object.assign(option.tooltip, {
      trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: paint.line, opacity: 0.35 } },
      formatter: ([{ dataIndex }]) => [data.categories[dataIndex], ...data.layers.filter((layer) => layer.texts[dataIndex]).map((layer) => `${layer.name}  ${layer.texts[dataIndex]}`)].join("\n"),
    });
    return option;
  };

  kinds.time_in_stage = (data, paint, box) => {
    const told = by(data);
    const option = frame(data, paint, box);
    const days = (layer) => ({ show: true, position: "right", color: paint.text, fontSize: 13, formatter: ({ dataIndex }) => layer.texts[dataIndex] });
    option.legend = { top: 0, left: 0, icon: "roundRect", itemWidth: 12, itemHeight: 9, selectedMode: false, textStyle: { color: paint.text, fontSize: 13 } };
    option.grid.top = 34;
    option.series = [
      bar(told.median, paint.tag("teal"), { barMaxWidth: 16, data: told.median.values, label: days(told.median) }),
      bar(told.lasting_median, paint.tag("amber"), { barMaxWidth: 16, data: told.lasting_median.values, label: days(told.lasting_median) }),
    ];
    Object.assign(option.tooltip, {
      trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: paint.line, opacity: 0.35 } },
      formatter: ([{ dataIndex }]) => [data.categories[dataIndex], ...data.layers.filter((layer) => layer.texts[dataIndex]).map((layer) => `${layer.name}  ${layer.texts[dataIndex]}`)].join("\n"),
    });
    return option;
  };

  heights.stage_funnel = (data) => Math.max(220, data.categories.length * 46 + 24);
  heights.time_in_stage = (data) => Math.max(240, data.categories.length * 54 + 50);

  /** The layer that a click on a bar means, by the name of its series. */
  window.rounds.charts.doors = { time_in_stage: { median: "ended", lasting_median: "lasting" } };
})();
