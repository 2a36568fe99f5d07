"""Settings: environment variables ``ROUNDS_*``, read once into one frozen object."""

from __future__ import annotations

import ipaddress
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tracker import clock
from tracker.errors import Refused
from tracker.text import LANGUAGES, Text

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Settings:
    """How this installation runs; the table in docs/settings.md lists each variable."""

    data_dir: Path
    database_url: str
    host: str
    port: int
    base_url: str
    smtp_url: str
    mail_from: str
    lang: str
    zone: str
    demo: bool
    worker: bool
    proxies: int
    metrics_token: str = ""
    outbound: tuple[Network, ...] = ()
    chromium: str = ""

    @property
    def secret(self) -> bytes:
        """The installation's secret: random, made at first start, readable by its owner only."""
        path = self.data_dir / "secret"
        if not path.exists():
            self.data_dir.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_hex(32).encode())
        value = path.read_bytes().strip()
        if len(value) < 32:
            raise Refused(Text("The secret in {path} is too short.", path=str(path)))
        return value


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read and check the settings; a wrong one is refused with a sentence naming it."""

    def get(name: str, default: str) -> str:
        return environ.get(f"ROUNDS_{name}", default).strip() or default

    data_dir = Path(get("DATA_DIR", "data")).resolve()
    port = _number("PORT", get("PORT", "8000"))
    host = get("HOST", "127.0.0.1")
    settings = Settings(
        data_dir=data_dir,
        database_url=get("DATABASE_URL", f"sqlite:///{data_dir / 'rounds.db'}"),
        host=host,
        port=port,
        base_url=get("BASE_URL", f"http://{host}:{port}").rstrip("/"),
        smtp_url=environ.get("ROUNDS_SMTP_URL", "").strip(),
        mail_from=get("MAIL_FROM", "Rounds <rounds@localhost>"),
        lang=get("LANG", "zh"),
        zone=zone(environ),
        demo=_switch("DEMO", get("DEMO", "0")),
        worker=_switch("WORKER", get("WORKER", "1")),
        proxies=_number("PROXIES", get("PROXIES", "0")),
        metrics_token=get("METRICS_TOKEN", ""),
        outbound=_networks("OUTBOUND", get("OUTBOUND", "")),
        chromium=get("CHROMIUM", ""),
    )
    clock.zone_info(settings.zone)
    if settings.lang not in LANGUAGES:
        raise Refused(Text("ROUNDS_LANG must be zh or en, not {value}.", value=settings.lang))
    return settings


def _networks(name: str, value: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part) for part in value.replace(",", " ").split())
    except ValueError:
        text = Text("ROUNDS_{name} must name networks, not {value}.", name=name, value=value)
        raise Refused(text) from None


def zone(environ: Mapping[str, str] = os.environ) -> str:
    """The zone in which days begin for the installation itself."""
    return environ.get("ROUNDS_TZ", "").strip() or "Asia/Shanghai"


def _number(name: str, value: str) -> int:
    if not value.isdigit() or int(value) > 65535:
        raise Refused(Text("ROUNDS_{name} must be a number, not {value}.", name=name, value=value))
    return int(value)


def _switch(name: str, value: str) -> bool:
    if value.lower() not in {"0", "1", "true", "false", "yes", "no"}:
        raise Refused(Text("ROUNDS_{name} must be 0 or 1, not {value}.", name=name, value=value))
    return value.lower() in {"1", "true", "yes"}
