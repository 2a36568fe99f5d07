"""Every sentence of the product has its Chinese, with the same placeholders, said only once."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from tracker.text import Text as _

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("tracker", "forms", "automations", "views", "app.py")
CATALOGS = sorted((ROOT / "tracker" / "locale" / "zh").glob("*.po"))
SINGULAR = ROOT / "tracker" / "locale" / "en@one" / "one.po"
PLACE = re.compile(r"\{(\w*)\}")


def python_messages() -> Iterator[tuple[str, str]]:
    """``(message, where)`` of each ``_("…")`` and ``Text("…")`` in the code."""
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")] + [ROOT / "app.py"]
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "id", "")
            first = node.args[0]
            if name in {"_", "Text", "translate"} and isinstance(first, ast.Constant):
                yield str(first.value), f"{path.relative_to(ROOT)}:{node.lineno}"


def template_messages() -> Iterator[tuple[str, str]]:
    environment = Environment(extensions=["jinja2.ext.loopcontrols"], autoescape=True)
    for path in (ROOT / "views" / "templates").rglob("*.html"):
        tree = environment.parse(path.read_text(encoding="utf-8"))
        for call in tree.find_all(nodes.Call):
            name = getattr(call.node, "name", "")
            if name == "_" and call.args and isinstance(call.args[0], nodes.Const):
                yield str(call.args[0].value), f"{path.relative_to(ROOT)}:{call.lineno}"


@cache
def said() -> frozenset[str]:
    """Every message of the product: read once, however many catalogues there are."""
    return frozenset(message for message, _where in [*python_messages(), *template_messages()])


@cache
def chinese() -> dict[str, list[tuple[str, str]]]:
    """Message → the translations given for it, with their catalogues."""
    found: dict[str, list[tuple[str, str]]] = {}
    for path in CATALOGS:
        with path.open("rb") as file:
            for message in read_po(file):
                if message.id and message.string:
                    found.setdefault(str(message.id), []).append((str(message.string), path.name))
    return found


def test_every_sentence_has_its_chinese():
    known = chinese()
    missing = {
        message: where
        for message, where in [*python_messages(), *template_messages()]
        if message not in known and re.search(r"[A-Za-z]{2}", message)
    }
    assert not missing, "\n".join(f"{where}: {message!r}" for message, where in missing.items())


def test_a_sentence_is_translated_in_one_way():
    differing = {
        message: given
        for message, given in chinese().items()
        if len({text for text, _path in given}) > 1
    }
    assert not differing


def test_translations_keep_the_placeholders():
    broken = {
        message: text
        for message, given in chinese().items()
        for text, _path in given
        if set(PLACE.findall(message.replace("{{", "").replace("}}", "")))
        != set(PLACE.findall(text.replace("{{", "").replace("}}", "")))
    }
    assert not broken


@pytest.mark.parametrize("path", [*CATALOGS, SINGULAR], ids=lambda path: path.name)
def test_catalogues_hold_nothing_that_is_not_said(path: Path):
    with path.open("rb") as file:
        stale = [
            str(message.id) for message in read_po(file) if message.id and message.id not in said()
        ]
    assert not stale


def test_english_speaks_of_one_thing_as_one():
    assert _("{n} records", n=1).to("en") == "1 record"
    assert _("{n} records", n=11).to("en") == "11 records"
    assert _("{n} records", n=1).to("zh") == "1 条"


def test_chinese_is_calm():
    loud = {
        text
        for given in chinese().values()
        for text, _path in given
        if "请您" in text or "！" in text
    }
    assert not loud
