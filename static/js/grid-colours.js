/* Grid, colours: rows come coloured; those that change are asked about again. */
(() => {
  const { Grid } = window.rounds;
  const COLOURED = /^(is-edged|is-filled|is-tinted|tag-\w+)$/;

  function paint(node, classes) {
    node.classList.remove(...[...node.classList].filter((one) => COLOURED.test(one)));
    node.classList.add(...classes);
  }

  function colour(grid, row, mark) {
    const edge = mark?.edge ? ["is-edged", `tag-${mark.edge}`, ...(mark.row ? ["is-filled"] : [])] : [];
    for (const half of [row.left, row.right]) paint(half, edge);
    grid.columns.forEach((column, at) => {
      const color = mark?.cells[column.id];
      const cell = grid.cellIn(row, at);
      if (cell) paint(cell, color ? ["is-tinted", `tag-${color}`] : []);
    });
  }

  Grid.parts.push((grid) => {
    if (!grid.root.dataset.coloured) return;
    const changed = new Set();
    let later = 0;
    async function ask() {
      const ids = [...changed].slice(0, 400);
      changed.clear();
      const { ok, data } = await window.rounds.fetch(grid.address("marks", { ids: ids.join(",") }));
      if (ok) for (const row of grid.loadedRows()) if (ids.includes(row.id)) colour(grid, row, data[row.id]);
    }
    grid.on("changed", ({ ids }) => {
      for (const id of ids) changed.add(id);
      clearTimeout(later);
      later = setTimeout(ask, 120);
    });
    grid.on("destroy", () => clearTimeout(later));
  });
})();
