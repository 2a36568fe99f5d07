"""What can go wrong, as programs that know Airtable expect it: status, type and message.

What is not there and what may not be seen have one answer, byte for byte.
"""

from __future__ import annotations

import secrets
from typing import Any

import orjson
from flask import Response, current_app, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from tracker.errors import Conflict, Forbidden, Missing, Problem, Refused, TooMuch, TooOften
from tracker.text import Text

HIDDEN = (
    "Invalid permissions, or the requested model was not found. Check that both your user and "
    "your token have the required permissions, and that the model names and/or ids are correct."
)
UNKNOWN_REQUEST = "Invalid request: parameter validation failed. Check your request data."


class Fault(Problem):
    """A refusal with Airtable's name for it."""

    def __init__(self, kind: str, message: str, *, status: int = 422) -> None:
        super().__init__(Text(message))
        self.kind = kind
        self.message = message
        self.status = status


def hidden() -> Fault:
    """A base, table or field that is not there, or not for this token."""
    return Fault("INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", HIDDEN, status=403)


def unknown_field(name: Any) -> Fault:
    return Fault("UNKNOWN_FIELD_NAME", f'Unknown field name: "{str(name)[:200]}"')


def wrong_value(name: str, why: str = "") -> Fault:
    said = f'Field "{name}" cannot accept the provided value'
    return Fault("INVALID_VALUE_FOR_COLUMN", f"{said}: {why}" if why else said)


def bad_request(message: str = UNKNOWN_REQUEST) -> Fault:
    return Fault("INVALID_REQUEST_UNKNOWN", message)


def unsigned() -> Fault:
    return Fault("AUTHENTICATION_REQUIRED", "Authentication required", status=401)


# ── answers ──────────────────────────────────────────────────────────────────

_KINDS: list[tuple[type[Problem], str]] = [
    (Forbidden, "INVALID_PERMISSIONS"),
    (Conflict, "CONFLICT"),
    (TooMuch, "REQUEST_TOO_LARGE"),
    (TooOften, "RATE_LIMIT_REACHED"),
    (Refused, "INVALID_REQUEST_UNKNOWN"),
]
_HTTP_KINDS = {
    400: ("INVALID_REQUEST_BODY", "Could not parse request body"),
    405: ("METHOD_NOT_ALLOWED", "This address does not take this method"),
    413: ("REQUEST_TOO_LARGE", "Request body is too large"),
    415: ("INVALID_REQUEST_BODY", "Send a body of type application/json"),
}


def answer(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, content_type="application/json")


def _error(kind: str, message: str, status: int) -> Response:
    return answer({"error": {"type": kind, "message": message}}, status)


def show_problem(error: Problem) -> Response:
    """A refusal of ours in Airtable's shape; sentences are English, as the protocol is."""
    if isinstance(error, Fault):
        response = _error(error.kind, error.message, error.status)
    elif isinstance(error, Missing):
        response = answer({"error": "NOT_FOUND"}, 404)
    else:
        kind = next((name for cls, name in _KINDS if isinstance(error, cls)), "INVALID_REQUEST")
        if isinstance(error, Refused) and any(isinstance(one, int) for one in error.problems):
            kind = "INVALID_VALUE_FOR_COLUMN"
        response = _error(kind, error.to("en"), error.status)
    if isinstance(error, TooOften):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def show_http_error(error: HTTPException) -> Response:
    code = error.code or 500
    if code == 404:
        return answer({"error": "NOT_FOUND"}, 404)
    if code < 400:
        return error.get_response()  # type: ignore[return-value]  # a redirect as werkzeug made it
    kind, message = _HTTP_KINDS.get(code, ("INVALID_REQUEST_UNKNOWN", UNKNOWN_REQUEST))
    response = _error(kind, message, code if code < 500 else 422)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def show_crash(error: Exception) -> Response:
    """A fault of ours: logged with a number that the answer tells."""
    number = secrets.token_hex(4)
    current_app.logger.exception("incident %s at %s", number, request.path)
    return _error("SERVER_ERROR", f"Something went wrong on our side ({number} incident).", 500)
