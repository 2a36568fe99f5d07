"""Installing a solution: all of it or nothing, once, in either language; demo sign-ins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from argon2 import PasswordHasher

from tests.demo import ADMIN, COORDINATOR, HEAD, NOW, STAFF, SYSTEM, same_as_elsewhere, total
from tracker import accounts, blueprint, duties, models, schema, solutions
from tracker.errors import Refused
from tracker.text import LANGUAGES


@pytest.fixture(scope="module", autouse=True)
def a_sunday() -> Iterator[None]:
    """One day for all: the demo fills the months around it."""
    with time_machine.travel(NOW, tick=True):
        yield


def test_without_the_demo_there_is_nobody(database: str) -> None:
    base = solutions.install("coordination", demo=False)
    assert models.Person.select().count() == 0
    assert [total(SYSTEM, one.key) for one in base.tables] == [0] * 7
    assert duties.periods(models.Duty.get(), 5)
    assert not any(row.enabled for row in models.Automation.select())


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_it_is_named_in_either_language(database: str) -> None:
    base = solutions.install("coordination", demo=False, lang="en")
    assert (base.name, base.names) == ("HQ Coordination", {"zh": "协同管理总部"})
    state = base.table("visits").field("state")
    assert state.options["choices"][1]["name"] == "Done"
    form = models.Form.get(models.Form.name == "File a visit").definition
    assert form["thanks_names"]["zh"].startswith("已提交")
    assert form["sections"][0]["names"]["zh"] == "见了谁"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_it_is_installed_once_and_whole(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_more: Any) -> None:
        raise Refused(solutions.registry.get("coordination").name)

    with monkeypatch.context() as patched:
        patched.setattr(solutions.registry.get("coordination"), "demo", fail)
        with pytest.raises(Refused):
            solutions.install("coordination", demo=True)
    assert schema.current().bases == ()
    assert models.Table.select().count() == 0
    solutions.install("coordination", demo=False)
    with pytest.raises(Refused):
        solutions.install("coordination", demo=False)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_demo_takes_nobodys_account(database: str) -> None:
    accounts.add_person(STAFF, name="别人")
    with pytest.raises(Refused, match=STAFF):
        solutions.install("coordination", demo=True)
    assert schema.current().bases == ()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_sign_ins_open_and_close(
    database: str, run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=64))
    assert solutions.open_sign_ins() == []
    solutions.install("coordination", demo=True)
    assert same_as_elsewhere(run_folder)
    assert accounts.nobody_yet()  # closed until somebody opens them
    opened_ones = solutions.open_sign_ins()
    assert [one.email for one in opened_ones] == [STAFF, HEAD, COORDINATOR, ADMIN]
    assert solutions.demo_sign_ins() == opened_ones
    assert accounts.sign_in(STAFF, opened_ones[0].password)
    assert models.Person.get(models.Person.email == ADMIN).is_admin
    accounts.set_password(models.Person.get(models.Person.email == HEAD), "a better one 2026")
    assert solutions.close_sign_ins() == 3
    assert models.Session.select().count() == 0
    with pytest.raises(Refused):
        accounts.sign_in(STAFF, opened_ones[0].password)
    assert accounts.sign_in(HEAD, "a better one 2026")


def test_a_blueprint_that_refers_to_nothing_says_so() -> None:
    maker = blueprint.Maker(SYSTEM, {}, "zh")
    with pytest.raises(KeyError, match=r"visits\.start"):
        maker.resolved({"sort": [{"field": "@visits.start"}]})


@pytest.mark.parametrize("solution", list(solutions.registry), ids=lambda one: one.key)
def test_every_name_is_there_in_both_languages(solution: solutions.Solution) -> None:
    for lang in LANGUAGES:
        told = blueprint.spoken(solution.blueprint(), lang)
        assert not any(isinstance(one, blueprint.Both) for one in walk(told))
    for one in walk(solution.blueprint()):
        if isinstance(one, blueprint.Both):
            assert one.zh.strip()
            assert one.en.strip().isascii() or "“" in one.en


def walk(data: Any) -> Iterator[Any]:
    yield data
    if isinstance(data, dict):
        for value in data.values():
            yield from walk(value)
    elif isinstance(data, list | tuple) and not isinstance(data, blueprint.Both):
        for value in data:
            yield from walk(value)
