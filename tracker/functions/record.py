"""Functions of the record itself."""

from __future__ import annotations

from typing import Any

from tracker.formula.function import function
from tracker.formula.values import Env, read_when, text_of
from tracker.text import _


@function("RECORD_ID", "", "text", _("The id of the record."), "RECORD_ID()", env=True, system="id")
def record_id(env: Env) -> str:
    found = env.values("id")
    return text_of(float(found) if isinstance(found, int) else found, env)


def _moment(env: Env, name: str) -> Any:
    found = env.values(name)
    return read_when(f"{found}Z", env) if isinstance(found, str) else found


@function(
    "CREATED_TIME",
    "",
    "moment",
    _("When the record was made."),
    "CREATED_TIME()",
    env=True,
    system="created_at",
)
def created_time(env: Env) -> Any:
    return _moment(env, "created_at")


@function(
    "LAST_MODIFIED_TIME",
    "[field:any…]",
    "moment",
    _("When the record was last changed."),
    "LAST_MODIFIED_TIME()",
    env=True,
    system="updated_at",
)
def last_modified_time(env: Env, *_fields: Any) -> Any:
    return _moment(env, "updated_at")
