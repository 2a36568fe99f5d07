"""A house, a clock that stands, a mail server on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from aiosmtpd.controller import Controller

from automations.worker import Worker
from tests.automations import world as house
from tests.automations.world import World
from tests.postgres import free_port
from tracker import settings
from tracker.settings import Settings

WEDNESDAY = "2026-11-18T02:00:00Z"  # 10:00 in Shanghai


class Clock:
    """Time that moves only when it is told to, for all code of this process."""

    def __init__(self, travel: time_machine.Traveller) -> None:
        self.travel = travel

    def go(self, moment: str) -> None:
        """To a moment in UTC."""
        self.travel.move_to(datetime.fromisoformat(f"{moment}+00:00"))

    def wait(self, **parts: float) -> None:
        self.travel.shift(timedelta(**parts))


@pytest.fixture
def clock() -> Iterator[Clock]:
    with time_machine.travel(WEDNESDAY, tick=False) as travel:
        yield Clock(travel)


@pytest.fixture
def world(database: str, clock: Clock) -> World:
    return house.build()


class Mailbox:
    """What the mail server got, raw; ``answers`` are given instead of 250, one for each mail."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.to: list[list[str]] = []
        self.answers: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answers and (answer := self.answers.pop(0)) != "250":
            return f"{answer} no"
        self.raw.append(envelope.content)
        self.to.append(envelope.rcpt_tos)
        return "250 OK"


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def smtp(mailbox: Mailbox) -> Iterator[int]:
    """The port of a real SMTP server."""
    server = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    server.start()
    yield server.port
    server.stop()


def refused_port() -> int:
    """A port of this machine where nobody answers."""
    return free_port()


@pytest.fixture
def config(tmp_path: Path, smtp: int) -> Settings:
    return settings_for(tmp_path, smtp_url=f"smtp://127.0.0.1:{smtp}")


def settings_for(folder: Path, *, smtp_url: str = "") -> Settings:
    return settings.load(
        {
            "ROUNDS_DATA_DIR": str(folder),
            "ROUNDS_SMTP_URL": smtp_url,
            "ROUNDS_BASE_URL": "https://rounds.example.test",
            "ROUNDS_MAIL_FROM": "走访 <rounds@example.test>",
        }
    )


@pytest.fixture
def worker(config: Settings) -> Worker:
    return Worker(config)
