"""Cuts the icons that the product uses out of the Tabler set, into one SVG sprite.

A symbol carries colour and line ends but no stroke width, so that the page's CSS sets one width
for all: ``<svg class="icon"><use href="…/icons.svg#bell"></use></svg>``.
"""

from __future__ import annotations

import difflib
import json
import sys
from pathlib import Path
from xml.sax.saxutils import quoteattr

OUTLINE = 'fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"'
FILLED = 'fill="currentColor" stroke="none"'

Drawing = list[tuple[str, dict[str, str]]]


class Unknown(Exception):
    """A name in the list is no icon of the set."""


def read_names(path: Path) -> list[str]:
    """The names of a list: one a line, ``#`` begins a comment, each name once."""
    lines = (line.split("#")[0].strip() for line in path.read_text("utf-8").splitlines())
    return sorted({line for line in lines if line})


def find(name: str, *, outline: dict[str, Drawing], filled: dict[str, Drawing]) -> str:
    """One icon as a symbol; ``star-filled`` is the filled drawing of ``star``."""
    if name in outline:
        return symbol(name, drawing=outline[name], style=OUTLINE)
    plain = name.removesuffix("-filled")
    if plain != name and plain in filled:
        return symbol(name, drawing=filled[plain], style=FILLED)
    near = ", ".join(difflib.get_close_matches(name, outline, n=3)) or "nothing"
    raise Unknown(f"There is no icon called {name}; near it: {near}.")


def symbol(name: str, *, drawing: Drawing, style: str) -> str:
    shapes = "".join(shape(tag, attributes) for tag, attributes in drawing)
    return f'<symbol id="{name}" viewBox="0 0 24 24" {style}>{shapes}</symbol>'


def shape(tag: str, attributes: dict[str, str]) -> str:
    written = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{tag}{written}/>"


def build(names: list[str], *, outline: dict[str, Drawing], filled: dict[str, Drawing]) -> str:
    """The sprite: one symbol a line, so that two sprites can be compared."""
    symbols = [find(name, outline=outline, filled=filled) for name in names]
    return "\n".join(['<svg xmlns="http://www.w3.org/2000/svg">', *symbols, "</svg>", ""])


def main(names: Path, drawings: Path, target: Path) -> None:
    """``drawings`` holds tabler-nodes-outline.json and tabler-nodes-filled.json."""
    outline, filled = (
        json.loads((drawings / f"tabler-nodes-{kind}.json").read_text("utf-8"))
        for kind in ("outline", "filled")
    )
    sprite = build(read_names(names), outline=outline, filled=filled)
    fresh = target.with_suffix(".new")
    fresh.write_text(sprite, "utf-8")
    fresh.replace(target)


if __name__ == "__main__":
    try:
        main(*map(Path, sys.argv[1:4]))
    except Unknown as problem:
        sys.exit(str(problem))
