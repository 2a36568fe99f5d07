"""The figures as a page: one table per database, ours beside bare SQL."""

from __future__ import annotations

import os
import platform
from typing import Any

HEAD = "| operation | to reach | ours, ms | CPU, ms | bare SQL, ms | CPU, ms | ratio of CPU |\n"
LINE = "|---|---|---:|---:|---:|---:|---:|\n"
NAMES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
LEAST = 0.05  # ms of CPU below which a ratio says nothing


def page(found: dict[str, dict[str, Any]], *, rows: int) -> str:
    parts = [
        "# Performance\n\n"
        f"Written by `make bench`: {rows:,} visits with 15 fields, 20,000 companies, "
        f"94 departments, one process, {os.cpu_count()} cores, Python {platform.python_version()}. "
        "Times are medians; CPU is the mean of all runs, ours and the database's together. Ours is "
        "the whole way through rights, row rule and shaping of values; bare SQL fetches the same "
        "rows, for pages with the names they link to and cells of plain joins, no more. Each is "
        "measured over the same data in the same run.\n"
    ]
    for kind, one in found.items():
        parts.append(f"\n## {NAMES.get(kind, kind)}\n\n{HEAD}{LINE}")
        parts += [_line(each) for each in one["operations"]]
        parts.append("\n| whole programs | to reach | measured |\n|---|---|---|\n")
        parts += [
            f"| {each['name']} | {each['goal']} | {each['found']} |\n" for each in one["programs"]
        ]
        parts.append(
            f"\nWriting the {rows:,} visits through the product, history included: "
            f"{one['loading']:.0f} s; indexing them for search, as the worker does: "
            f"{one['indexing']:.0f} s; working out four formulas of all visits and two figures of "
            f"all companies: {one['computing']:.0f} s. Database: {one['megabytes']:,.0f} MB. "
            f"Peak memory of the measuring process: {one['peak']:.0f} MB.\n"
        )
    return "".join(parts)


def _line(one: dict[str, Any]) -> str:
    ours, bare = one["ours"], one["bare"]
    cells = [one["name"], one["goal"], f"{ours['wall']:.2f}", f"{ours['cpu']:.2f}"]
    if bare is None:
        return f"| {' | '.join([*cells, '', '', ''])} |\n"
    ratio = f"{ours['cpu'] / bare['cpu']:.1f}" if bare["cpu"] >= LEAST else ""
    cells += [f"{bare['wall']:.2f}", f"{bare['cpu']:.2f}", ratio]
    return f"| {' | '.join(cells)} |\n"
