"""E-mail: plain text and at times a file, one recipient, headers that nobody can add to."""

from __future__ import annotations

import hashlib
from datetime import UTC
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import urlsplit

from automations import outbound
from automations.channels import Channel, Delivery, registry
from automations.messages import Failed, Withdrawn, one_line
from tracker.errors import Refused
from tracker.text import _


@registry.register
class Email(Channel):
    key = "email"
    name = _("by e-mail")
    icon = "mail"
    order = 2

    def deliver(self, delivery: Delivery) -> None:
        try:
            server = outbound.mail_server(delivery.settings)
        except Refused as refused:
            raise Failed(refused.text) from None
        if server is None:
            raise Withdrawn(_("No mail server is set up (ROUNDS_SMTP_URL is empty)."))
        outbound.send_mail(server, compose(delivery), ours=_host(delivery))


def compose(delivery: Delivery) -> EmailMessage:
    """The mail. Its Message-ID comes from the key: sent twice, it is the same mail."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = _sender(delivery)
    mail["To"] = _address(delivery.person.name, delivery.person.email)
    mail["Subject"] = _plain(delivery.message.subject)
    mail["Date"] = format_datetime(delivery.now.replace(tzinfo=UTC))
    digest = hashlib.sha256(delivery.key.encode()).hexdigest()[:40]
    mail["Message-ID"] = f"<{digest}@{_host(delivery)}>"
    mail["Auto-Submitted"] = "auto-generated"
    parts = [delivery.message.body, _link(delivery)]
    body = "\n\n".join(part for part in parts if part)
    mail.set_content(body.replace("\x00", "") + "\n", cte="base64")
    if delivery.message.attach is not None:
        made = delivery.message.attach(delivery.artist)
        main, _slash, sub = made.mimetype.partition("/")
        mail.add_attachment(
            made.content, maintype=main, subtype=sub, filename=_plain(made.name), cte="base64"
        )
    return mail


def _link(delivery: Delivery) -> str:
    """Links lead to the configured address and nowhere else."""
    path = delivery.message.link
    return f"{delivery.settings.base_url}{path}" if path.startswith("/") else ""


def _sender(delivery: Delivery) -> Address:
    name, address = parseaddr(delivery.settings.mail_from)
    return _address(name, address)


def _address(name: str, email: str) -> Address:
    try:
        return Address(display_name=_plain(name), addr_spec=email)
    except (ValueError, MessageError):
        wrong = _("“{email}” is not an address mail can go to.", email=email[:80])
        raise Withdrawn(wrong) from None


def _plain(text: str) -> str:
    """One line in which nothing reads as an encoded word."""
    return one_line(text).replace("=?", "= ?")


def _host(delivery: Delivery) -> str:
    return urlsplit(delivery.settings.base_url).hostname or "localhost"
