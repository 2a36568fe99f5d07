"""Two worlds that differ only in what a person may not see answer that person byte for byte alike.

The test is proven by holes: with a right switched off for one channel it must find a difference.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from tests.conftest import ROOT, opened
from tests.trust import other_world, stage
from tests.trust.requests import CHANNELS, Stage, all_channels
from tracker import models, schema
from views import room

PER_CHANNEL = int(os.environ.get("PAIR_REQUESTS", "20"))
PER_HOLE = 40
PRINCIPALS = ("owner", "head", "stranger", "nobody")
# Channels through which a hole in rows (or fields) must be seen by the owner.
ROW_HOLES = [
    "viewing.view",
    "viewing.data:grid",
    "viewing.data:work",
    "viewing.data:news",
    "viewing.data:calendar",
    "viewing.data:chart",
    "viewing.data:kanban",
    "viewing.data:gallery",
    "viewing.data:pivot",
    "viewing.data:roster",
    "viewing.data:timeline",
    "viewing.data:hierarchy",
    "viewing.tile",
    "records.record",
    "records.values",
    "records.record_history",
    "comments.read",
    "alerts.index",
    "alerts.alert",
    "profile.profile",
    "pickers.records",
    "search.search",
    "roundtrip.fetch",
    "roundtrip.hand_in",
    "api_records.list_records",
    "api_records.get_record",
    "api_comments.list_comments",
    "shared.open_link",
    "shared.open_file",
    "shared.download",
]
FIELD_HOLES = [
    "viewing.view",
    "viewing.data:grid",
    "viewing.data:pivot",
    "viewing.data:work",
    "records.record",
    "records.values",
    "alerts.index",
    "search.search",
    "api_meta.base_tables",
    "api_records.list_records",
    "api_records.get_record",
]


@pytest.fixture(scope="module")
def worlds_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("worlds")
    room.rooms()  # every room declares its doors
    first = folder / "first"
    first.mkdir()
    (first / "secret").write_text("s" * 64, encoding="utf-8")
    with opened(f"sqlite:///{first / 'rounds.db'}"):
        from tracker import migrations

        migrations.migrate()
        world = stage.build(first)
        book = base64.b64encode(stage.workbook(world, b"s" * 64)).decode()
        for name in PRINCIPALS[:-1]:
            viewer = world.viewer(name)
            links = (first / "links").read_text("utf-8").split() if name == "owner" else []
            _write_stage(folder / f"{name}.json", world, viewer, book, links)
        _write_stage(folder / "nobody.json", world, world.viewer("stranger"), book, [])
    return folder


def _write_stage(path: Path, world, viewer, book: str, links: list[str]) -> None:
    unseen = stage.unseen(viewer)[world.visits.id][0]
    made = Stage(
        visits=world.visits.id,
        companies=world.companies.id,
        secret=world.base.table("secret").id,
        base=world.base.id,
        views=[row.id for row in models.View.select()],
        kinds=_by_kind(),
        forms=[row.id for row in models.Form.select()],
        records=list(range(1, 16)),
        unseen=sorted(unseen),
        fields={one.key: one.id for one in world.visits.fields},
        companies_fields={one.key: one.id for one in world.companies.fields},
        changes=[row.id for row in models.Change.select()],
        person=viewer.person_id or 0,
        files=[row.id for row in models.File.select()],
        others=[person.id for person in world.people.values()],
        workbook=book,
        links=links,
    )
    path.write_text(json.dumps(made.__dict__), encoding="utf-8")


def _by_kind() -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row in models.View.select():
        found.setdefault(row.kind, []).append(row.id)
    return found


def second_world(folder: Path, name: str) -> Path:
    """The other world of one person: a copy with all else changed."""
    second = folder / f"other-{name}"
    if second.exists():
        return second
    shutil.copytree(folder / "first", second)
    with opened(f"sqlite:///{second / 'rounds.db'}"):
        person = models.Person.get_or_none(models.Person.email == f"{name}@example.com")
        from tracker import permissions

        viewer = permissions.viewer_for(person) if person else permissions.NOBODY
        other_world.change(viewer, seed=11)
        schema.current()
    return second


def differences(folder: Path, name: str, requests: list[dict]) -> list[tuple[dict, dict, dict]]:
    """The requests that the two worlds answer differently."""
    second = second_world(folder, name)
    wanted = folder / f"requests-{name}-{len(requests)}-{os.getpid()}"
    wanted.write_text("\n".join(json.dumps({**one, "as": name}) for one in requests), "utf-8")
    running = []
    for world in (folder / "first", second):
        copy = folder / f"run-{world.name}-{name}-{len(requests)}"
        shutil.copytree(world, copy)
        command = [
            sys.executable,
            "-m",
            "tests.trust.replay",
            str(copy),
            str(wanted),
            str(copy / "out"),
        ]
        running.append((copy, subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)))
    answers = []
    for copy, process in running:
        _out, said = process.communicate(timeout=600)
        assert process.returncode == 0, said.decode()[-3000:]
        answers.append(
            [json.loads(line) for line in (copy / "out").read_text("utf-8").splitlines()]
        )
        shutil.rmtree(copy)
    pairs = zip(requests, *answers, strict=True)
    return [(one, first, other) for one, first, other in pairs if first != other]


def stream(folder: Path, name: str, channels, count: int, **extra) -> list[dict]:
    made = Stage(**json.loads((folder / f"{name}.json").read_text("utf-8")))
    random = Random(f"{name}{count}{extra}")
    return [
        {**make(made, random), "channel": channel, **extra}
        for channel, make in channels.items()
        for _number in range(count if channel in CHANNELS else max(2, count // 8))
    ]


def told(found: list[tuple[dict, dict, dict]]) -> str:
    """The first differences, for the one who has to mend them."""
    lines = []
    for request, first, other in found[:5]:
        lines.append(f"{request['channel']}: {request['method']} {request['path']}")
        lines.append(
            f"  {first['status']} {first['headers']} | {other['status']} {other['headers']}"
        )
        pair = zip(first["body"].splitlines(), other["body"].splitlines(), strict=False)
        lines += [f"  - {a[:300]}\n  + {b[:300]}" for a, b in pair if a != b][:3]
    return f"{len(found)} differences\n" + "\n".join(lines)


@pytest.mark.parametrize("name", PRINCIPALS)
def test_what_a_person_may_not_see_changes_no_byte_of_any_answer(worlds_folder, name):
    channels = all_channels(room.ROUTES)
    found = differences(worlds_folder, name, stream(worlds_folder, name, channels, PER_CHANNEL))
    assert not found, told(found)


@pytest.mark.parametrize("hole", ["rows", "fields"])
def test_a_hole_in_any_one_channel_is_found(worlds_folder, hole):
    channels = ROW_HOLES if hole == "rows" else FIELD_HOLES
    made = {channel: CHANNELS[channel] for channel in channels}
    requests = stream(worlds_folder, "owner", made, PER_HOLE, hole=hole)
    found = {
        one["channel"] for one, _first, _other in differences(worlds_folder, "owner", requests)
    }
    assert found == set(channels)


def test_no_answer_to_a_generated_request_is_a_fault_of_ours(worlds_folder):
    requests = stream(worlds_folder, "owner", all_channels(room.ROUTES), PER_CHANNEL)
    folder = worlds_folder / "faults"
    shutil.copytree(worlds_folder / "first", folder)
    wanted, out = worlds_folder / "wanted", worlds_folder / "answers"
    wanted.write_text("\n".join(json.dumps({**one, "as": "owner"}) for one in requests), "utf-8")
    command = [sys.executable, "-m", "tests.trust.replay", str(folder), str(wanted), str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    answers = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    broken = [
        f"{one['method']} {one['path']} {one.get('json')}"
        for one, got in zip(requests, answers, strict=True)
        if got["status"] >= 500
    ]
    assert not broken, "\n".join(broken[:20])
