"""What the documents say is what stands: settings, limits, commands, ways to add a kind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tracker import limits

ROOT = Path(__file__).resolve().parent.parent
SETTING = re.compile(r"ROUNDS_([A-Z_]+)")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_setting_has_its_line():
    code = read("tracker/settings.py")
    used = set(re.findall(r'(?:get|_number|_switch)\("([A-Z_]+)"', code)) | {"SMTP_URL"}
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


@pytest.mark.parametrize("name", ["README.md", "docs/settings.md", "docs/look.md"])
def test_pictures_and_links_within_the_project_exist(name):
    path = ROOT / name
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target
