"""What tests stand on: fresh databases of both kinds, a browser, and no way out of the machine.

A run has one folder, in memory where possible; workers share its PostgreSQL and its templates.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import psycopg
import pytest

from tests import network, postgres

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("sqlite", "postgres")
TEMPLATE = "template_rounds"
NEEDED_BYTES = 2 << 30
seen: list[object] = []  # databases once opened: a cache by id() must not meet one again

MakeDatabase = Callable[[str], str]

hypothesis.settings.register_profile("rounds", deadline=None)  # no clocks in tests
hypothesis.settings.load_profile("rounds")


# The run


def pytest_configure(config: pytest.Config) -> None:
    """The main process makes the run's folder; workers find it in their environment."""
    network.guard()
    if hasattr(config, "workerinput"):
        return
    for name in [name for name in os.environ if name.startswith("ROUNDS_")]:
        del os.environ[name]  # the developer's own installation is none of the tests' business
    folder = tempfile.mkdtemp(prefix="rounds-tests-", dir=memory())
    Path(folder).chmod(0o755)  # PostgreSQL runs as another user inside
    os.environ["TEST_RUN_FOLDER"], os.environ["TEST_RUN_PID"] = folder, str(os.getpid())
    os.environ["ROUNDS_DATA_DIR"] = f"{folder}/data"


def pytest_unconfigure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput") or "TEST_RUN_FOLDER" not in os.environ:
        return
    folder = Path(os.environ.pop("TEST_RUN_FOLDER"))
    postgres.stop(folder)
    shutil.rmtree(folder, ignore_errors=True)


def memory() -> str | None:
    """/dev/shm if it has room (containers often give it 64 MB)."""
    shm = Path("/dev/shm")
    return str(shm) if shm.is_dir() and shutil.disk_usage(shm).free > NEEDED_BYTES else None


def absent(reason: str) -> None:
    """Skip on a developer's machine; in CI everything must be there."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason} CI must have it.")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def run_folder() -> Path:
    """One folder for all workers of this run; it goes when the run ends."""
    return Path(os.environ["TEST_RUN_FOLDER"])


@contextmanager
def alone(folder: Path, name: str) -> Iterator[None]:
    """One worker at a time."""
    with (folder / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The real data beside the project."""
    path = ROOT.parent / "shared"
    if not path.is_dir():
        pytest.skip("There is no folder ../shared with the real data.")
    return path


# Databases


@contextmanager
def opened(url: str) -> Iterator[None]:
    """The product's own database set to ``url`` and connected in this thread; closed afterwards."""
    from tracker import db

    database = db.open_database(url)
    seen.append(database)
    try:
        with db.connection():
            yield
    finally:
        if hasattr(database, "close_all"):
            database.close_all()  # the pool's
        elif not database.is_closed():
            database.close()


def migrate(url: str) -> None:
    """The one place that knows how an empty database becomes one of ours."""
    from tracker import migrations

    with opened(url):
        migrations.migrate()


@pytest.fixture(scope="session")
def postgres_url(run_folder: Path) -> str:
    """URL of the run's PostgreSQL, without a database name; started by who needs it first."""
    if postgres.programs() is None:
        absent("There is no PostgreSQL on this machine (Debian: apt-get install postgresql).")
    with alone(run_folder, "postgres"):
        url = postgres.running(run_folder)
        return url or postgres.start(run_folder, watch=int(os.environ["TEST_RUN_PID"]))


@pytest.fixture(scope="session")
def sqlite_template(run_folder: Path) -> Path:
    path = run_folder / "template.db"
    with alone(run_folder, "template.db"):
        if not path.exists():
            migrate(f"sqlite:///{run_folder}/making.db")
            (run_folder / "making.db").rename(path)
    return path


@pytest.fixture(scope="session")
def postgres_template(run_folder: Path, postgres_url: str) -> str:
    with alone(run_folder, TEMPLATE), admin(postgres_url) as server:
        known = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE])
        if not known.fetchone():
            server.execute("CREATE DATABASE making")
            migrate(f"{postgres_url}/making")
            server.execute(f"ALTER DATABASE making RENAME TO {TEMPLATE}")
    return TEMPLATE


@contextmanager
def admin(url: str) -> Iterator[psycopg.Connection]:
    connection = psycopg.connect(f"{url}/postgres", autocommit=True)
    try:
        yield connection
    finally:
        connection.close()


@pytest.fixture
def make_database(request: pytest.FixtureRequest, run_folder: Path) -> MakeDatabase:
    """``make_database("sqlite" | "postgres")``: URL of a fresh, migrated, empty database.

    It is a copy of a template, so a test can have several; all go when the test ends.
    """

    def make(kind: str) -> str:
        name = secrets.token_hex(4)
        if kind == "sqlite":
            template = request.getfixturevalue("sqlite_template")
            return copy_sqlite(template, run_folder / f"{name}.db", request)
        template = request.getfixturevalue("postgres_template")
        url = request.getfixturevalue("postgres_url")
        return copy_postgres(url, template, f"test_{name}", request)

    return make


def copy_sqlite(template: Path, path: Path, request: pytest.FixtureRequest) -> str:
    shutil.copyfile(template, path)
    request.addfinalizer(lambda: remove_sqlite(path))
    return f"sqlite:///{path}"


def remove_sqlite(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def copy_postgres(url: str, template: str, name: str, request: pytest.FixtureRequest) -> str:
    with admin(url) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    request.addfinalizer(lambda: drop_postgres(url, name))
    return f"{url}/{name}"


def drop_postgres(url: str, name: str) -> None:
    with admin(url) as server:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, make_database: MakeDatabase) -> Iterator[str]:
    """The test runs on each kind of database, opened for it; the value is its URL.

    For one kind alone: ``@pytest.mark.parametrize("database", ["sqlite"], indirect=True)``.
    """
    url = make_database(request.param)
    with opened(url):
        yield url


# The browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, headless, one per worker; take a `browser.new_context()` per test.

    It resolves no names but this machine's. Playwright's loop runs in this thread, so a test
    that uses it cannot call `asyncio.run`.
    """
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome")
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if program is None:
        absent("There is no Chromium on this machine (Debian: apt-get install chromium).")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=program,
            args=[
                *("--no-sandbox", "--disable-background-networking", "--disable-sync"),
                *("--disable-component-update", "--disable-quic", "--no-first-run"),
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
            ],
        )
        yield chromium
        chromium.close()
