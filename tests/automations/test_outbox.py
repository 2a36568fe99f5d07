"""The outbox: sent once, tried again with pauses, dead and sent again; mail nobody can add to."""

from __future__ import annotations

import ast
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from automations import inbox, outbound, outbox
from automations.messages import Message
from automations.worker import Worker
from tests.automations.conftest import Clock, Mailbox, refused_port, settings_for
from tests.automations.world import World, automation, inbox_of
from tracker import limits, models
from tracker.errors import Forbidden, Missing, Refused
from tracker.models import Outbox

ROOT = Path(__file__).resolve().parent.parent.parent
CREATED = {"kind": "record", "table": "reports", "when": "created"}
EVIL = [
    "a\r\nBcc: evil@example.test",
    "a\nBcc: evil@example.test",
    "a\rBcc: evil@example.test",
    "a\u2028Bcc: evil@example.test\u2029",
    "a\x0bBcc: evil@example.test\x0c\x85\x1c",
    "a\x00b",
    "=?utf-8?q?a=0d=0aBcc:_evil@example.test?=",
    "=?utf-8?b?YQ0KQmNjOiBldmlsQGV4YW1wbGUudGVzdA==?=",
    "a =?us-ascii?Q?=0AX-Evil:_1?= b",
    '"a" <evil@example.test>, b',
    "中文 🚀 " * 60,
    "a" * 5_000,
]


HEADERS = sorted(
    b"From To Subject Date Message-ID Auto-Submitted "
    b"Content-Type Content-Transfer-Encoding MIME-Version".split()
)


def parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def mail(world: World, **parts: Any) -> None:
    automation(world, CREATED, channels=["email"], **parts)


def only() -> Outbox:
    return Outbox.get()


# ── mail ─────────────────────────────────────────────────────────────────────


def test_a_mail_arrives(world: World, worker: Worker, mailbox: Mailbox) -> None:
    mail(world, subject="新周报：{title}", body="{branch}\n{state}")
    world.file("上海", "2026-11-18")
    assert worker.tick()["sent"] == 1
    worker.tick()
    assert mailbox.to == [["staff0@example.test"]]
    got = parsed(mailbox.raw[0])
    assert got["Subject"] == "新周报：上海 2026-11-18"
    assert got["From"] == "走访 <rounds@example.test>"
    assert got["To"] == "上海专员 <staff0@example.test>"
    assert got["Date"].datetime == worker.now().replace(tzinfo=got["Date"].datetime.tzinfo)
    assert got["Message-ID"].endswith("@rounds.example.test>")
    assert got.get_content_type() == "text/plain"
    link = f"https://rounds.example.test/r/{world.table_id}/1"
    assert got.get_content().split() == ["上海", "已提交", link]
    assert (only().state, only().attempts) == ("sent", 1)


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_headers_cannot_be_added_to(
    world: World, worker: Worker, mailbox: Mailbox, evil: str
) -> None:
    models.Person.update(name=evil).where(models.Person.id == world.person("上海专员")).execute()
    mail(world, subject="x {title}", body="{title}")
    world.file("上海", "2026-11-18", title=evil[:1000])
    assert worker.tick()["sent"] == 1
    assert mailbox.to == [["staff0@example.test"]]
    head = mailbox.raw[0].split(b"\r\n\r\n")[0]
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if line[:1] not in b" \t"]
    assert sorted(names) == HEADERS
    assert b"\n" not in head.replace(b"\r\n", b"") and b"\r" not in head.replace(b"\r\n", b"")
    got = parsed(mailbox.raw[0])
    assert [one.addr_spec for one in got["To"].addresses] == ["staff0@example.test"]
    assert "\n" not in got["Subject"] and "\r" not in got["Subject"]


@pytest.mark.parametrize(
    "address",
    [
        "a@example.test\r\nRCPT TO:<evil@example.test>",
        "no address",
        "a@b@c",
        "=?utf-8?q?a?=@x.test,b@x.test",
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_addresses_that_are_none_get_nothing(
    world: World, worker: Worker, mailbox: Mailbox, address: str
) -> None:
    models.Person.update(email=address).where(
        models.Person.id == world.person("上海专员")
    ).execute()
    mail(world)
    world.file("上海", "2026-11-18")
    worker.tick()
    assert mailbox.raw == []
    assert only().state == "withdrawn"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_without_a_mail_server_the_reason_is_shown(world: World, tmp_path: Path) -> None:
    mail(world)
    world.file("上海", "2026-11-18")
    worker = Worker(settings_for(tmp_path))
    assert worker.tick()["withdrawn"] == 1
    assert only().state == "withdrawn"
    why = outbox.why(only())
    assert why is not None
    assert why.to("zh") == "未配置邮件服务器（ROUNDS_SMTP_URL 为空）。"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_secrets_and_banners_stay_in_the_log(
    world: World, tmp_path: Path, smtp: int, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that wants no sign-in is asked for one: the words shown are ours."""
    mail(world)
    world.file("上海", "2026-11-18")
    worker = Worker(settings_for(tmp_path, smtp_url=f"smtp://me:hush@127.0.0.1:{smtp}?starttls=0"))
    assert worker.tick()["waiting"] == 1
    shown = str(outbox.why(only()))
    assert shown == "The mail server does not offer what ROUNDS_SMTP_URL asks for."
    assert "hush" not in caplog.text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_starttls_is_never_skipped(
    world: World, tmp_path: Path, smtp: int, mailbox: Mailbox
) -> None:
    mail(world)
    world.file("上海", "2026-11-18")
    worker = Worker(settings_for(tmp_path, smtp_url=f"smtp://127.0.0.1:{smtp}?starttls=1"))
    assert worker.tick()["waiting"] == 1
    assert mailbox.raw == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.test", ("mail.example.test", 25, "", "", "none")),
        ("smtp://me:a%40b@mail.example.test", ("mail.example.test", 587, "me", "a@b", "start")),
        ("smtp://me:x@mail.example.test?starttls=0", ("mail.example.test", 587, "me", "x", "none")),
        ("smtp://me:x@localhost:2525", ("localhost", 2525, "me", "x", "none")),
        ("smtps://me:x@mail.example.test", ("mail.example.test", 465, "me", "x", "whole")),
        ("smtp://mail.example.test:2525?starttls=1", ("mail.example.test", 2525, "", "", "start")),
    ],
)
def test_the_mail_setting(tmp_path: Path, url: str, expected: tuple[Any, ...]) -> None:
    server = outbound.mail_server(settings_for(tmp_path, smtp_url=url))
    assert server == outbound.Server(*expected)


@pytest.mark.parametrize(
    "url", ["mail.example.test", "http://x", "smtp://", "smtp://x:port", "smtp://x?starttls=maybe"]
)
def test_a_wrong_mail_setting_is_refused_in_words(tmp_path: Path, url: str) -> None:
    with pytest.raises(Refused):
        outbound.mail_server(settings_for(tmp_path, smtp_url=url))


def test_one_module_goes_out() -> None:
    """No other module of the product imports a client for the network."""
    clients = {"smtplib", "http.client", "urllib.request", "requests", "httpx", "socketserver"}
    clients |= {"ftplib", "imaplib", "poplib", "telnetlib", "xmlrpc.client", "aiohttp", "urllib3"}
    rooms = [
        path
        for room in ("tracker", "forms", "automations", "views")
        for path in (ROOT / room).rglob("*.py")
    ]
    found = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in [*rooms, ROOT / "app.py"]
        if path.exists()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for name in imported(node)
        if name in clients
    }
    assert {one.partition(":")[0] for one in found} == {"automations/outbound.py"}


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


# ── again, and never twice ───────────────────────────────────────────────────


def test_refused_tried_again_dead_and_sent_again(
    world: World, worker: Worker, mailbox: Mailbox, clock: Clock
) -> None:
    mail(world)
    world.file("上海", "2026-11-18")
    mailbox.answers = ["451", "550"] * limits.OUTBOX_TRIES
    pauses = []
    for attempt in range(1, limits.OUTBOX_TRIES + 1):
        counts = worker.tick()
        row = only()
        assert row.attempts == attempt
        if attempt < limits.OUTBOX_TRIES:
            assert counts["waiting"] == 1
            pauses.append((row.next_at - worker.now()).total_seconds())
            worker.tick()  # not before its time
            assert only().attempts == attempt
            clock.wait(seconds=pauses[-1] + 1)
    assert only().state == "dead"
    told = [one for one in models.Notification.select() if "/outbox?state=dead" in one.link]
    assert [one.person.name for one in told] == ["管理员"]  # once, whoever coordinates the base
    assert "refused the message (code 550)" in str(outbox.why(only()))
    for number, pause in enumerate(pauses):
        usual = min(60 * 4**number, 24 * 3600)
        assert 0.79 * usual <= pause <= 1.21 * usual
    worker.tick()
    assert mailbox.raw == []
    mailbox.answers = []
    outbox.resend(world.viewer("管理员"), only().id)
    assert worker.tick()["sent"] == 1
    assert len(mailbox.raw) == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_nobody_answers(world: World, tmp_path: Path) -> None:
    mail(world)
    world.file("上海", "2026-11-18")
    worker = Worker(settings_for(tmp_path, smtp_url=f"smtp://127.0.0.1:{refused_port()}"))
    assert worker.tick()["waiting"] == 1
    assert str(outbox.why(only())) == "The mail server did not answer."


def test_a_mail_sent_twice_is_the_same_mail(
    world: World, worker: Worker, mailbox: Mailbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies between sending and noting it: another sends again, with the same id."""
    mail(world)
    world.file("上海", "2026-11-18")

    def dies(*args: Any, **more: Any) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "_put", dies)
        with pytest.raises(KeyboardInterrupt):
            worker.tick()
    other = Worker(worker.settings)
    assert "sent" not in other.tick()  # the lease still holds
    clock.wait(minutes=6)
    assert other.tick()["sent"] == 1
    assert len(mailbox.raw) == 2
    assert len({parsed(raw)["Message-ID"] for raw in mailbox.raw}) == 1


def test_a_worker_that_sends_too_long_does_not_mark(
    world: World, worker: Worker, mailbox: Mailbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it hangs its lease runs out, and another is about to send: the row is theirs."""
    mail(world)
    world.file("上海", "2026-11-18")
    send = outbound.send_mail

    def slowly(*args: Any, **more: Any) -> None:
        clock.wait(minutes=6)
        ready = Outbox.state == "waiting"
        claim = outbox.claims.claim
        assert claim(Outbox, ready, [Outbox.id], worker="other", now=worker.now(), limit=1)
        send(*args, **more)

    monkeypatch.setattr(outbound, "send_mail", slowly)
    assert worker.tick()["lost"] == 1
    assert (only().state, only().claimed_by) == ("waiting", "other")


def test_the_inbox_gets_it_exactly_once(
    world: World, worker: Worker, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    automation(world, CREATED)
    world.file("上海", "2026-11-18")

    def dies(*args: Any, **more: Any) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "_put", dies)
        with pytest.raises(KeyboardInterrupt):
            worker.tick()
    assert inbox_of(world, "上海专员") == []  # told and noted together, or not at all
    clock.wait(minutes=6)
    assert Worker(worker.settings).tick()["sent"] == 1
    assert len(inbox_of(world, "上海专员")) == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_message_that_kills_its_worker_ends_dead(
    world: World, worker: Worker, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    automation(world, CREATED)
    world.file("上海", "2026-11-18")

    def dies(*args: Any, **more: Any) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "_send", dies)
        for _attempt in range(limits.OUTBOX_TRIES):
            with pytest.raises(KeyboardInterrupt):
                worker.tick()
            clock.wait(minutes=6)
    assert worker.tick()["dead"] == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_only_those_in_charge_send_again(world: World, worker: Worker) -> None:
    automation(world, CREATED)
    world.file("上海", "2026-11-18")
    worker.tick()
    with pytest.raises(Forbidden):
        outbox.resend(world.viewer("上海专员"), only().id)
    with pytest.raises(Missing):
        outbox.resend(world.viewer("外人"), only().id)
    with pytest.raises(Missing):
        outbox.resend(world.viewer("管理员"), 999)
    with pytest.raises(Forbidden):  # it was sent
        outbox.resend(world.viewer("管理员"), only().id)
    assert [row.state for row in outbox.entries(world.viewer("管理员"), world.base)] == ["sent"]


# ── the inbox ────────────────────────────────────────────────────────────────


def test_the_inbox_is_ones_own(world: World, worker: Worker) -> None:
    for number in range(3):
        for name in ("上海专员", "苏州专员"):
            message = Message(f"第 {number} 条", link="/inbox")
            assert inbox.tell(world.person(name), message, key=f"{number}{name}", now=worker.now())
            assert not inbox.tell(
                world.person(name), message, key=f"{number}{name}", now=worker.now()
            )
    mine, other = world.viewer("上海专员"), world.viewer("苏州专员")
    assert inbox.unread(mine) == 3
    rows = inbox.entries(mine)
    assert [row.subject for row in rows] == ["第 2 条", "第 1 条", "第 0 条"]
    assert inbox.entries(mine, before=rows[0].id)[0].subject == "第 1 条"
    assert inbox.mark_read(other, [rows[0].id]) == 0
    assert inbox.mark_read(mine, [rows[0].id]) == 1
    assert inbox.unread(mine) == 2
    assert inbox.mark_read(mine) == 2
    assert (inbox.unread(mine), inbox.unread(other)) == (0, 3)
