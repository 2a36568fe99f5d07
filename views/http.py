"""The edges of HTTP and htmx, handled once: fragments, redirects, errors, headers, CSRF.

No other module looks at ``HX-…`` headers or builds one.
"""

from __future__ import annotations

import gzip
import hmac
import secrets
from typing import Any
from urllib.parse import quote as quote_path
from urllib.parse import urlencode, urlsplit

import orjson
from flask import Flask, Response, current_app, g, redirect, render_template, request
from flask.json.provider import DefaultJSONProvider
from htmx_flask import make_response as htmx_response
from werkzeug.exceptions import HTTPException

from tracker import accounts
from tracker.errors import Forbidden, Missing, Problem, Refused, TooOften
from tracker.text import Text, _, say
from views.api import faults
from views.api.paths import PREFIX
from views.room import ADMIN, PUBLIC, ROUTES

SAFE = {"GET", "HEAD", "OPTIONS"}
WORTH_COMPRESSING = 1_400  # bytes: less fits into one packet anyway


def wants_fragment() -> bool:
    """A swap inside the page, not a page: htmx's own partial request and no history restore."""
    return (
        request.headers.get("HX-Request") == "true"
        and request.headers.get("HX-History-Restore-Request") != "true"
        and request.headers.get("HX-Request-Type") == "partial"
    )


def wants_json() -> bool:
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return request.is_json or best == "application/json"


def page(template: str, block: str | None = None, **context: Any) -> Response:
    """The page, or for a fragment request only its named ``block``, byte for byte the same."""
    if block and wants_fragment():
        return fragment(template, block, **context)
    return current_app.make_response(render_template(template, **context))


def fragment(template: str, block: str, *, status: int = 200, **context: Any) -> Response:
    """One named block of a page's template."""
    current_app.update_template_context(context)
    loaded = current_app.jinja_env.get_template(template)
    html = "".join(loaded.blocks[block](loaded.new_context(context)))
    return current_app.make_response((html, status))


def go(url: str, *, toast: Text | None = None) -> Response:
    """On to another page: a 303, or its htmx equivalent."""
    if toast is not None:
        flash(toast)
    if request.headers.get("HX-Request") == "true":
        return htmx_response("", redirect=url)
    return redirect(url, code=303)  # type: ignore[return-value]  # werkzeug's Response is flask's


def answer(
    html: str = "",
    *,
    toast: Text | None = None,
    trigger: dict[str, Any] | None = None,
    **headers: Any,
) -> Response:
    """A fragment with events for the page; ``toast`` is shown there."""
    events = dict(trigger or {})
    if toast is not None:
        events["rounds:toast"] = {"text": say(toast, g.lang), "kind": "ok"}
    response: Response = htmx_response(html, trigger=events or None, **headers)
    return response


def flash(text: Text, kind: str = "ok") -> None:
    """A toast on the next page, carried by a short-lived cookie."""
    g.flash = f"{kind}:{say(text, g.lang)}"


def quote(text: str) -> str:
    """``text`` as one value of an address."""
    return quote_path(text, safe="")


def address(**changes: Any) -> str:
    """This page's address with some parameters changed; None takes one away."""
    params = {key: one for key, one in request.args.items() if key not in changes}
    params |= {key: str(one) for key, one in changes.items() if one is not None}
    return f"{request.path}?{urlencode(params)}" if params else request.path


def local_path(target: str | None) -> str:
    """``target`` when it is a path of this site; ``/`` for anything else."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return "/"
    parts = urlsplit(target)
    clean = not parts.scheme and not parts.netloc and not any(ord(one) < 32 for one in target)
    return target if clean and "\\" not in target else "/"


# ── CSRF ─────────────────────────────────────────────────────────────────────


def csrf_token() -> str:
    """Belongs to the session; for those not signed in, to nothing but the site's secret."""
    session = g.get("session")
    seed = session.digest if session else "anonymous"
    return hmac.new(current_app.config["SECRET"], f"csrf:{seed}".encode(), "sha256").hexdigest()


def check_csrf() -> None:
    """Unsafe requests come from our own pages."""
    if request.method in SAFE:
        return
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    foreign = origin is not None and urlsplit(origin).netloc != request.host
    if site not in {"same-origin", "none"} or foreign:
        raise Forbidden(_("This request came from another site and was not carried out."))
    if g.session is not None:
        sent = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
        if not hmac.compare_digest(sent.encode(), csrf_token().encode()):
            raise Forbidden(_("This page is too old. Reload it and try again."))


# ── doors ────────────────────────────────────────────────────────────────────


def check_door() -> Response | None:
    """Who may call the route was declared with it; what is not declared is closed."""
    if request.endpoint in {None, "static"}:
        return None
    door = ROUTES.get(str(request.endpoint))
    if door is None:
        raise Missing
    if door.access == PUBLIC:
        return None
    if g.viewer.person_id is None:
        return sign_in_first()
    if door.access == ADMIN and not g.viewer.is_admin:
        raise Missing
    return None


def sign_in_first() -> Response:
    """To the sign-in page; a fragment request makes the whole page go there."""
    if request.headers.get("HX-Request") == "true" or wants_json():
        response = current_app.make_response(("", 401))
        response.headers["HX-Redirect"] = "/sign-in"
        return response
    path = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return go(f"/sign-in?next={path}" if path != "/" else "/sign-in")


def for_programs() -> bool:
    """The API has its own door and its own errors, where no route is found too."""
    return request.path.startswith(PREFIX)


# ── errors ───────────────────────────────────────────────────────────────────


def show_problem(error: Problem) -> Response:
    """A sentence in the person's language with the right status."""
    if for_programs():
        return faults.show_problem(error)
    text = error.to(g.get("lang", "zh"))
    if wants_json():
        content = current_app.json.dumps(_as_json(error))
        response = Response(content, error.status, content_type="application/json")
    else:
        html = render_template("error.html", code=error.status, text=text)
        response = Response(html, error.status, content_type="text/html; charset=utf-8")
    if isinstance(error, TooOften):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _as_json(error: Problem) -> dict[str, Any]:
    """The sentence, the sentence per field, and both values of a conflict."""
    problems = {str(key): say(one, g.lang) for key, one in getattr(error, "problems", {}).items()}
    values = {key: one for key, one in error.context.items() if key in {"values", "given"}}
    return {"error": error.to(g.lang), "problems": problems, **values}


_HTTP_TEXTS = {
    400: _("This request cannot be read."),
    404: _("There is nothing here that you can see."),
    405: _("This cannot be done here."),
    413: _("This is too large to be sent."),
    415: _("This kind of content cannot be read."),
    429: _("Too many tries. Wait a little."),
}


def show_http_error(error: HTTPException) -> Response:
    if for_programs():
        return faults.show_http_error(error)
    code = error.code or 500
    if code < 400:
        return error.get_response()  # type: ignore[return-value]  # a redirect as werkzeug made it
    text = _HTTP_TEXTS.get(code, _("This did not work."))
    problem = Refused(text)
    problem.status = code
    return show_problem(problem)


def show_crash(error: Exception) -> Response:
    """A fault of ours: logged with a number that the page shows."""
    if for_programs():
        return faults.show_crash(error)
    number = secrets.token_hex(4)
    current_app.logger.exception("incident %s at %s", number, request.path)
    problem = Refused(
        _("Something went wrong on our side. The incident number is {number}.", number=number)
    )
    problem.status = 500
    return show_problem(problem)


# ── headers ──────────────────────────────────────────────────────────────────


def add_headers(response: Response) -> Response:
    """What every answer carries."""
    headers = response.headers
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Content-Security-Policy", content_policy())
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint != "assets.asset":
        headers["Cache-Control"] = "no-store"
        headers.add("Vary", "HX-Request, Cookie, Accept-Language, Accept-Encoding")
        compress(response)
    _carry_flash(response)
    return response


def compress(response: Response) -> None:
    """Pages and data go out as gzip: a third of the bytes on a weak signal.

    Guessing a token from the sizes of answers (BREACH) gains nothing here: session cookies do not
    travel with other sites' requests, and a token alone does not pass `check_csrf`.
    """
    asked = "gzip" in request.headers.get("Accept-Encoding", "")
    known = response.mimetype in {"text/html", "application/json", "text/csv"}
    sent = response.is_streamed or response.direct_passthrough  # a file, by the server itself
    if not (asked and known) or sent or "Content-Encoding" in response.headers:
        return
    content = response.get_data()
    if len(content) >= WORTH_COMPRESSING:
        response.set_data(gzip.compress(content, 5, mtime=0))
        response.headers["Content-Encoding"] = "gzip"


def content_policy() -> str:
    return (
        "default-src 'self'; script-src 'self'; "
        f"style-src 'self' 'nonce-{csp_nonce()}'; style-src-attr 'none'; "
        "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def csp_nonce() -> str:
    """For style elements that a library must make; scripts have no such door."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(12)
    return str(g.nonce)


FLASH = "rounds_flash"


def _carry_flash(response: Response) -> None:
    """Set the next page's toast, or clear the one this page has shown."""
    if g.get("flash"):
        response.set_cookie(
            FLASH, g.flash.encode().hex(), max_age=60, httponly=True, samesite="Lax"
        )
    elif request.cookies.get(FLASH) and g.get("flash_shown"):
        response.delete_cookie(FLASH)


def flashes() -> list[dict[str, str]]:
    """The toasts this page brings."""
    g.flash_shown = True
    try:
        kind, _colon, text = bytes.fromhex(request.cookies.get(FLASH, "")).decode().partition(":")
    except ValueError:
        return []
    return [{"kind": kind, "text": text}] if text else []


# ── cookies ──────────────────────────────────────────────────────────────────


def session_cookie() -> str:
    return "__Host-rounds" if request.is_secure else "rounds"


def set_session(response: Response, secret: str) -> Response:
    response.set_cookie(
        session_cookie(),
        secret,
        max_age=accounts.limits.SESSION_DAYS * 86_400,
        httponly=True,
        secure=request.is_secure,
        samesite="Lax",
        path="/",
    )
    return response


class Json(DefaultJSONProvider):
    """JSON that is sent to us, read strictly: half characters, numbers that are none and what is
    nested too deep are refused as what cannot be read.
    """

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        return orjson.loads(s)


def wire(app: Flask) -> None:
    """Attach the edges to the app."""
    app.json = Json(app)
    app.register_error_handler(Problem, show_problem)
    app.register_error_handler(HTTPException, show_http_error)
    app.register_error_handler(Exception, show_crash)
    app.after_request(add_headers)
