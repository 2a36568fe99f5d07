"""What the documents say is what stands: settings, limits, commands, ways to add a kind."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tracker import limits

ROOT = Path(__file__).resolve().parent.parent


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_setting_has_its_line():
    code = read("tracker/settings.py")
    used = {name.removeprefix("ROUNDS_") for name in re.findall(r'get\("([A-Z_]+)"', code)}
    said = set(re.findall(r"^\| `ROUNDS_([A-Z_]+)`", read("docs/settings.md"), re.M))
    assert said == used


def test_every_limit_stands_in_the_table_with_its_value():
    table = dict(re.findall(r"^\| `([A-Z_]+)` \| ([^|]+?) \|", read("docs/limits.md"), re.M))
    known = {name: shown(value) for name, value in vars(limits).items() if name.isupper()}
    assert table == known


def shown(value: int) -> str:
    """A limit as the table writes it."""
    for unit, size in (("GiB", 1 << 30), ("MiB", 1 << 20)):
        if value >= size and value % size == 0:
            return f"{value // size} {unit}"
    return f"{value:,}"


@pytest.mark.parametrize("name", ["README.md", "docs/settings.md", "docs/look.md", "docs/api.md"])
def test_pictures_and_links_within_the_project_exist(name):
    path = ROOT / name
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def test_the_kinds_of_the_readme_work_as_they_stand():
    """Each example is put in, and answers the contract; in a process of its own."""
    examples = re.findall(r"```python\n(.*?)```", read("README.md"), re.S)
    assert len(examples) == 2
    program = "\n".join(
        [
            *examples,
            "from tracker import fieldtypes, permissions, schema",
            "from views import kinds",
            "kind = fieldtypes.registry.get('mark')",
            "field = schema.Field(1, 1, 'f', 'f', {}, 'mark', {}, '', False, False, None, 0)",
            "context = permissions.NOBODY.context",
            "assert kind.text(kind.parse('40%', field, context), field, context) == '40%'",
            "assert kinds.get('list').template == 'list.html'",
        ]
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_the_commands_of_the_readme_exist():
    from views.cli import rounds

    named = re.findall(r"^rounds (\w+)(?: (\w+))?", read("README.md"), re.M)
    for command, more in named:
        assert command in rounds.commands, command
        inner = getattr(rounds.commands[command], "commands", None)
        assert inner is None or more in inner, (command, more)
