"""An automation read aloud in parts, so that each part of the sentence leads to where it is set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automations import actions, triggers
from automations.occasions import Scene
from tracker import conditions
from tracker.permissions import Viewer
from tracker.schema import Base
from tracker.text import _

MARK = "\ue000"  # stands round the condition inside the trigger's words until they are cut


def spoken(definition: Mapping[str, Any], base: Base, viewer: Viewer) -> list[dict[str, str]]:
    """``[{"part", "text"}]``: a part is ``trigger``, ``condition``, ``actions.0`` or empty."""
    trigger, context = definition["trigger"], viewer.context
    kind = triggers.registry.get(trigger["kind"])
    table_id = kind.table_id(trigger)
    scene = Scene(viewer, base, base.table(table_id) if table_id else None)
    test = ""
    if definition["condition"] is not True and scene.table:
        test = conditions.sentence(definition["condition"], scene.table, context)
        test = f"{MARK}{test.replace(MARK, '')}{MARK}"
    when = kind.sentence(trigger, scene, context, test).to(context.lang)
    said = [
        {"part": f"actions.{number}", "text": _say(action, scene, viewer)}
        for number, action in enumerate(definition["actions"])
    ]
    frame = _("{when}, {what}.", when=MARK, what=MARK).to(context.lang).split(MARK)
    return _frame(frame, _when(when), _between(said, _("; ").to(context.lang)))


def _say(action: Mapping[str, Any], scene: Scene, viewer: Viewer) -> str:
    found = actions.registry.get(action["kind"]).sentence(action, scene, viewer.context)
    return found.to(viewer.context.lang)


def _when(text: str) -> list[dict[str, str]]:
    """The trigger's words, cut where the condition stands in them."""
    pieces = text.split(MARK)
    parts = ["trigger" if number % 2 == 0 else "condition" for number in range(len(pieces))]
    return [
        {"part": part, "text": piece} for part, piece in zip(parts, pieces, strict=True) if piece
    ]


def _between(parts: list[dict[str, str]], comma: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for one in parts:
        found += [{"part": "", "text": comma}, one] if found else [one]
    return found


def _frame(
    frame: list[str], when: list[dict[str, str]], what: list[dict[str, str]]
) -> list[dict[str, str]]:
    """The words of the sentence round its two halves."""
    words = [{"part": "", "text": text} for text in frame]
    whole = [words[0], *when, words[1], *what, words[2]]
    return [one for one in whole if one["text"]]
