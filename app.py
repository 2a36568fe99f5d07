"""Rounds (走访): ``create_app`` wires the house together, ``serve`` opens its door."""

from __future__ import annotations

import logging
import sys

from flask import Flask
from htmx_flask import Htmx
from waitress.server import create_server
from werkzeug.middleware.proxy_fix import ProxyFix

from tracker import accounts, db, limits, migrations
from tracker import settings as settings_module
from tracker.settings import Settings
from views import assets, http, shell
from views.room import rooms


def create_app(settings: Settings | None = None) -> Flask:
    """The web application over the database that ``settings`` name (migrated when needed)."""
    settings = settings or settings_module.load()
    app = Flask("rounds", static_folder=None, template_folder="views/templates")
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
    http.wire(app)
    shell.wire(app)
    app.register_blueprint(assets.assets)
    for room in rooms():
        app.register_blueprint(room)
    if settings.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # flask's documented way
            app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=settings.proxies
        )
    return app


def serve(settings: Settings) -> None:
    """Serve until told to stop, the worker inside unless ``ROUNDS_WORKER=0``."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    app = create_app(settings)
    greet(settings)
    server = create_server(app, host=settings.host, port=settings.port, threads=8, ident="Rounds")
    server.run()


def greet(settings: Settings) -> None:
    """On the console: the address and how to sign in."""
    print(f"Rounds 走访  {settings.base_url}", flush=True)
    with db.connection():
        if accounts.nobody_yet():
            token = accounts.new_setup_token()
            print(f"First administrator 首位管理员  {settings.base_url}/setup/{token}", flush=True)


def main() -> None:
    """The command line, ``rounds``."""
    from views.cli import rounds

    sys.exit(rounds())
