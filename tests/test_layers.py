"""Imports go down only: app → views → forms, automations → tracker; nothing imports a kind."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BELOW = {
    "app": {"views", "forms", "automations", "tracker"},
    "views": {"forms", "automations", "tracker"},
    "forms": {"tracker"},
    "automations": {"tracker"},
    "tracker": set(),
    "tests": set(),  # nothing of the product stands on these two
    "scripts": set(),
}
ONLY_IN = {"flask": {"app", "views"}, "htmx_flask": {"app", "views"}, "wtforms": {"forms"}}
KINDS = (
    "tracker.fieldtypes.*",
    "tracker.functions.*",
    "tracker.solutions.*",
    "automations.triggers.*",
    "automations.actions.*",
    "automations.channels.*",
    "views.kinds.*",
)


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def product() -> dict[str, Path]:
    """Every module of the product by its dotted name."""
    rooms = ("views", "forms", "automations", "tracker")
    paths = [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]
    return {name_of(path): path for path in [ROOT / "app.py", *paths] if path.exists()}


MODULES = product()


class Running(ast.NodeTransformer):
    """A module without what only the type checker reads."""

    def visit_If(self, node: ast.If) -> ast.AST | None:
        return None if ast.unparse(node.test) == "TYPE_CHECKING" else self.generic_visit(node)


def imports(path: Path, *, running: bool = False) -> Iterator[str]:
    """What a file imports, also inside functions, as modules where they are ours."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(Running().visit(tree) if running else tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write imports with their full name"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else str(node.module)


def room(module: str) -> str:
    return module.split(".")[0]


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down(module: str) -> None:
    here = room(module)
    for target in imports(MODULES[module]):
        there = room(target)
        assert there == here or there not in BELOW or there in BELOW[here], f"{module} ← {target}"
        assert here in ONLY_IN.get(there, {here}), f"{module}: {there} does not belong in {here}"
        kind = any(fnmatch(target, pattern) for pattern in KINDS) and target in MODULES
        assert not kind, f"{module} imports the kind {target}; kinds are found by their folder"


@pytest.mark.parametrize("here", ["tracker", "forms", "automations", "views"])
def test_no_circles(here: str) -> None:
    graph = {
        module: set(imports(path, running=True)) & MODULES.keys() - {module}
        for module, path in MODULES.items()
        if room(module) == here
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(" → ".join(circle.args[1]))
