"""The one way out of the house: mail over SMTP, webhooks over HTTP. Nobody else connects.

The server comes from ``ROUNDS_SMTP_URL`` alone: ``smtp://user:password@host:port``, ``smtps://…``;
``?starttls=1`` encrypts, which is the default where a password would cross a network.
"""

from __future__ import annotations

import http.client
import logging
import smtplib
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from automations import addresses
from automations.messages import Failed
from tracker.errors import Refused
from tracker.settings import Settings
from tracker.text import Text, _

TIMEOUT_SECONDS = 20
LOCAL = {"localhost", "127.0.0.1", "::1"}
log = logging.getLogger("rounds.outbound")


@dataclass(frozen=True)
class Server:
    """A mail server; ``tls`` is ``none``, ``start`` (STARTTLS) or ``whole``."""

    host: str
    port: int
    user: str
    password: str
    tls: str


def mail_server(settings: Settings) -> Server | None:
    """The mail server of this installation, None without one; `Refused` for a wrong setting."""
    if not settings.smtp_url:
        return None
    wrong = _("ROUNDS_SMTP_URL must look like smtp://user:password@host:587 or smtps://…")
    try:
        url = urlsplit(settings.smtp_url)
        port = url.port
    except ValueError:
        raise Refused(wrong) from None
    if url.scheme not in {"smtp", "smtps"} or not url.hostname:
        raise Refused(wrong)
    usual = 465 if url.scheme == "smtps" else 587 if url.username else 25
    user, password = unquote(url.username or ""), unquote(url.password or "")
    return Server(url.hostname, port or usual, user, password, _tls(url, wrong))


def _tls(url: SplitResult, wrong: Text) -> str:
    if url.scheme == "smtps":
        return "whole"
    chosen = parse_qs(url.query).get("starttls", [""])[-1]
    if chosen not in {"", "0", "1"}:
        raise Refused(wrong)
    exposed = bool(url.username) and url.hostname not in LOCAL
    return "start" if chosen == "1" or (exposed and chosen != "0") else "none"


def send_mail(server: Server, message: EmailMessage, *, ours: str) -> None:
    """Hand the message to the server; ``ours`` is our host name. Raises `Failed` in words."""
    try:
        with _connect(server, ours) as smtp:
            if server.user:
                smtp.login(server.user, server.password)
            smtp.send_message(message)
    except (smtplib.SMTPException, OSError) as error:
        log.warning("mail to %s port %s failed: %r", server.host, server.port, error)
        raise Failed(_say(error)) from None


def _connect(server: Server, ours: str) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.tls == "whole":
        return smtplib.SMTP_SSL(
            server.host, server.port, ours, timeout=TIMEOUT_SECONDS, context=context
        )
    smtp = smtplib.SMTP(server.host, server.port, ours, timeout=TIMEOUT_SECONDS)
    if server.tls == "start":
        try:
            smtp.starttls(context=context)
        except BaseException:
            smtp.close()
            raise
    return smtp


def _say(error: Exception) -> Text:
    """What went wrong, without what the server said: its words go to the log alone."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return _("The mail server refused our sign-in.")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next(iter(error.recipients.values()), (0, b""))[0]
        return _("The mail server refused the recipient (code {code}).", code=code)
    if isinstance(error, smtplib.SMTPResponseException):
        return _("The mail server refused the message (code {code}).", code=error.smtp_code)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return _("The mail server does not offer what ROUNDS_SMTP_URL asks for.")
    if isinstance(error, ssl.SSLError):
        return _("The mail server did not prove who it is.")
    return _("The mail server did not answer.")


# ── HTTP ─────────────────────────────────────────────────────────────────────


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, allowed: Sequence[addresses.Network]
) -> None:
    """POST and be content with any 2xx; raises `Failed` in words. Redirects are not followed."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    host, port = parts.hostname or "", parts.port or (443 if secure else 80)
    address = addresses.resolve(host, port, allowed)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    try:
        status = _status(_Line(host, port, address, secure), path, body, headers)
    except (OSError, http.client.HTTPException) as error:
        log.warning("webhook at %s port %s failed: %r", host, port, error)
        raise Failed(_("The address did not answer.")) from None
    if not 200 <= status < 300:
        raise Failed(_("The address answered with code {code}.", code=status))


def _status(line: _Line, path: str, body: bytes, headers: Mapping[str, str]) -> int:
    try:
        line.request("POST", path, body, {"User-Agent": "Rounds", **headers})
        return line.getresponse().status
    finally:
        line.close()


class _Line(http.client.HTTPConnection):
    """A connection to an address that was judged before, under the host's name."""

    def __init__(self, host: str, port: int, address: str, secure: bool) -> None:
        super().__init__(host, port, timeout=TIMEOUT_SECONDS)
        self.address, self.secure = address, secure

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), self.timeout)
        if self.secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host)
