"""Rounds (走访): ``create_app`` wires the house together, ``serve`` opens its door."""

from __future__ import annotations

import ipaddress
import signal
import socket
import sys
from pathlib import Path

from flask import Flask
from htmx_flask import Htmx
from waitress.server import create_server
from werkzeug.middleware.proxy_fix import ProxyFix

from automations.worker import Worker
from tracker import accounts, db, limits, migrations, schema, solutions
from tracker import settings as settings_module
from tracker.settings import Settings
from views import assets, http, shell, telemetry
from views.api.paths import BaseId, ExactPaths
from views.cli import rounds
from views.room import rooms


def create_app(settings: Settings | None = None) -> Flask:
    """The web application over the database that ``settings`` name (migrated when needed)."""
    settings = settings or settings_module.load()
    root = str(Path(__file__).resolve().parent)
    app = Flask("rounds", root_path=root, static_folder=None, template_folder="views/templates")
    app.config.update(
        SETTINGS=settings,
        SECRET=settings.secret,
        MAX_CONTENT_LENGTH=limits.BODY_BYTES,
        MAX_FORM_PARTS=limits.FORM_PARTS,
        MAX_FORM_MEMORY_SIZE=limits.BODY_BYTES,
        MAX_COOKIE_SIZE=8_192,
    )
    db.open_database(settings.database_url)
    with db.connection():
        migrations.migrate()
    Htmx(app)
    telemetry.wire(app)
    app.url_map.converters["app"] = BaseId
    http.wire(app)
    shell.wire(app)
    app.register_blueprint(assets.assets)
    for room in rooms():
        app.register_blueprint(room)
    app.wsgi_app = ExactPaths(app.wsgi_app)  # type: ignore[method-assign]  # flask's documented way
    if settings.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # flask's documented way
            app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=settings.proxies
        )
    return app


def serve(settings: Settings) -> None:
    """Serve until told to stop, the worker inside unless ``ROUNDS_WORKER=0``."""
    telemetry.write_logs()
    app = create_app(settings)
    with db.connection():
        greet(settings)
    server = create_server(app, host=settings.host, port=settings.port, threads=8, ident="Rounds")
    worker = Worker(settings) if settings.worker else None
    if worker:
        worker.start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    try:
        server.run()
    finally:
        server.close()
        if worker:
            worker.stop()


def _stop(*_signal: object) -> None:
    """Requests in hand are answered, then the server's loop ends."""
    raise SystemExit(0)


def greet(settings: Settings) -> None:
    """On the console: the address and how to sign in."""
    print(f"\nRounds 走访  {settings.base_url}", flush=True)
    loopback = ipaddress.ip_address(socket.gethostbyname(settings.host)).is_loopback
    if settings.demo and loopback:
        _open_demo(settings)
    else:
        solutions.close_sign_ins()
    if accounts.nobody_yet():
        token = accounts.new_setup_token()
        print(f"First administrator 首位管理员  {settings.base_url}/setup/{token}", flush=True)


def _open_demo(settings: Settings) -> None:
    """The demo base on an empty installation, and one sign-in per role."""
    if not schema.current().bases and accounts.nobody_yet():
        print("Installing the demo base … 正在安装示例", flush=True)
        solutions.install("coordination", demo=True, lang=settings.lang)
    for one in solutions.open_sign_ins():
        role = f"{one.role.to('zh')} {one.role.to('en')}"
        print(f"  {one.email}  {one.password}  {role}", flush=True)
    print(flush=True)


def main() -> None:
    """The command line, ``rounds``."""
    sys.exit(rounds())
