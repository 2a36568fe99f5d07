"""A real PostgreSQL for one test run: in memory where possible, never synced, gone afterwards.

Run as a program it is the keeper: it owns the server and ends it when it is told to, or when the
test run it watches is no longer there.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

START_SECONDS = 60
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "checkpoint_timeout": "1h",
    "max_wal_size": "4GB",
    "max_connections": "200",
    "autovacuum": "off",
}


def programs() -> Path | None:
    """The folder with initdb and postgres: from PATH, else the newest of Debian's."""
    found = shutil.which("initdb")
    if found and (Path(found).resolve().parent / "postgres").exists():
        return Path(found).resolve().parent
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((path.parent for path in versions), key=lambda p: int(p.parent.name), default=None)


def running(folder: Path) -> str | None:
    """The URL of the server in ``folder``, without a database name."""
    note = folder / "postgres.json"
    return str(json.loads(note.read_text())["url"]) if note.exists() else None


def start(folder: Path, *, watch: int) -> str:
    """Start a keeper with its data in ``folder``; the server's URL as `running` gives it."""
    with (folder / "postgres.log").open("wb") as log:
        keeper = subprocess.Popen(
            [sys.executable, __file__, str(folder), str(watch)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C goes to the tests; the keeper ends after them
        )
    deadline = time.monotonic() + START_SECONDS
    while (url := running(folder)) is None:
        if keeper.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(
                f"PostgreSQL did not start:\n{(folder / 'postgres.log').read_text()}"
            )
        time.sleep(0.05)
    keeper.returncode = 0  # left running on purpose: not ours to wait for
    return url


def stop(folder: Path) -> None:
    """End the keeper of ``folder``, if there is one, and wait until it is gone."""
    note = folder / "postgres.json"
    if not note.exists():
        return
    keeper = int(json.loads(note.read_text())["keeper"])
    if lives(keeper):
        os.kill(keeper, signal.SIGTERM)
    deadline = time.monotonic() + START_SECONDS
    while note.exists() and lives(keeper) and time.monotonic() < deadline:
        time.sleep(0.02)


# The keeper


def account() -> dict[str, int | str]:
    """PostgreSQL refuses to run as root: then it runs as postgres, or as nobody."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid}


def make_cluster(binaries: Path, data: Path) -> None:
    locale = "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"
    subprocess.run(
        [
            *(str(binaries / "initdb"), "--pgdata", str(data), "--username", "rounds"),
            *("--auth", "trust", "--encoding", "UTF8", "--locale", locale, "--no-sync"),
        ],
        check=True,
        cwd="/",
        **account(),  # type: ignore[call-overload]  # user= and group= as a dict
    )


def launch(binaries: Path, data: Path, *, port: int) -> subprocess.Popen[bytes]:
    options = [word for key, value in OPTIONS.items() for word in ("-c", f"{key}={value}")]
    return subprocess.Popen(  # type: ignore[call-overload]  # user= and group= as a dict
        [str(binaries / "postgres"), "-D", str(data), "-p", str(port), *options],
        cwd="/",
        **account(),
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_ready(data: Path) -> bool:
    """PostgreSQL writes its state into the last line of its pid file."""
    note = data / "postmaster.pid"
    return note.exists() and note.read_text().rstrip().endswith("ready")


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def launch_on_free_port(binaries: Path, data: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Another program may take the port in between: then try the next."""
    for _ in range(5):
        port = free_port()
        server = launch(binaries, data, port=port)
        while server.poll() is None:
            if is_ready(data):
                return server, port
            time.sleep(0.05)
    raise SystemExit("PostgreSQL ended five times while starting.")


def keep(folder: Path, *, watch: int) -> None:
    """Serve until told to end or until process ``watch`` is gone."""
    binaries, data = programs(), folder / "postgres"
    if binaries is None:
        raise SystemExit("There is no PostgreSQL on this machine.")
    data.mkdir(mode=0o700)
    if owner := account():
        os.chown(data, int(owner["user"]), int(owner["group"]))
    make_cluster(binaries, data)
    server, port = launch_on_free_port(binaries, data)

    def told(number: int, frame: object) -> None:
        end(server, folder)
        raise SystemExit

    signal.signal(signal.SIGTERM, told)
    note = {"url": f"postgresql://rounds@127.0.0.1:{port}", "keeper": os.getpid()}
    (folder / "postgres.new").write_text(json.dumps(note))
    (folder / "postgres.new").rename(folder / "postgres.json")
    while lives(watch) and server.poll() is None:
        time.sleep(0.5)
    end(server, folder)
    if not lives(watch):  # the run was killed: nobody else tidies up
        shutil.rmtree(folder, ignore_errors=True)


def end(server: subprocess.Popen[bytes], folder: Path) -> None:
    """At once: nothing in there is worth a clean shutdown."""
    server.send_signal(signal.SIGQUIT)
    server.wait()
    shutil.rmtree(folder / "postgres", ignore_errors=True)
    (folder / "postgres.json").unlink(missing_ok=True)


if __name__ == "__main__":
    keep(Path(sys.argv[1]), watch=int(sys.argv[2]))
