"""Nothing inside the house is called unless the settings say so."""

from __future__ import annotations

import _socket
import socket
from typing import Any

import pytest

from automations import addresses, outbound
from automations.messages import Failed
from tracker import settings
from tracker.errors import Refused

INSIDE = (
    *("127.0.0.1", "127.1", "0.0.0.0", "2130706433", "0x7f.1", "0177.0.0.1", "[::]", "[::1]"),
    *("[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fd00::1]", "u@127.0.0.1"),
    *("169.254.169.254", "100.64.0.1", "10.0.0.1", "192.168.1.1", "224.0.0.1", "[fe80::1]"),
)


def numeric(host: str, port: int, **_more: Any) -> Any:
    """What the system makes of a number; no name is looked up."""
    return _socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST)


def test_nothing_inside_the_house_is_called_by_default(monkeypatch):
    called: list[Any] = []
    monkeypatch.setattr("socket.getaddrinfo", numeric)
    monkeypatch.setattr("socket.create_connection", lambda *given: called.append(given))
    for host in INSIDE:
        for scheme in ("http", "https"):
            with pytest.raises(Failed):
                outbound.post(f"{scheme}://{host}/", b"{}", {}, allowed=())
    assert called == []
    assert addresses.resolve("93.184.216.34", 80, ()) == "93.184.216.34"


def test_the_address_that_was_judged_is_the_one_that_is_called(monkeypatch):
    answers = [[(2, 1, 6, "", ("93.184.216.34", 80))], [(2, 1, 6, "", ("127.0.0.1", 80))]]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_given, **_more: answers.pop(0))
    assert addresses.resolve("rebinding.example", 80, ()) == "93.184.216.34"
    with pytest.raises(Failed):
        addresses.resolve("rebinding.example", 80, ())


def test_the_settings_name_networks(tmp_path):
    def loaded(value: str) -> settings.Settings:
        return settings.load({"ROUNDS_DATA_DIR": str(tmp_path), "ROUNDS_OUTBOUND": value})

    allowed = loaded("10.0.0.0/8, ::1").outbound
    assert addresses.may_call("10.1.2.3", allowed) and addresses.may_call("::1", allowed)
    assert not addresses.may_call("127.0.0.1", allowed)
    assert loaded("").outbound == ()
    with pytest.raises(Refused, match="ROUNDS_OUTBOUND"):
        loaded("everywhere")
