"""What every commit keeps: pinned packages, nothing that was installed, files one can read."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Written with spaces, so that this file names none either.
HOSTS = ["py pi.org", "python hosted.org", "npm js.org", "npm js.com", "registry .yarnpkg"]
HOSTS += ["npm mirror", "mirrors .", "unpkg .com", "js delivr"]
INSTALLED = ("static/vendor/", "node_modules/", ".venv/", ".setup/", "data/")
PYTHON_LINES, TEMPLATE_LINES, FUNCTION_LINES = 400, 150, 60


def tracked() -> list[str]:
    """The files git holds; those deleted but not committed left out."""
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    return [name for name in names if name and (ROOT / name).is_file()]


FILES = tracked()
PYTHON = [name for name in FILES if name.endswith(".py")]
TEMPLATES = [name for name in FILES if name.startswith("views/templates/")]
LOCKS = [name for name in FILES if re.fullmatch(r"requirements[\w-]*\.txt", name)]


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8", errors="replace")


def test_no_file_names_a_registry() -> None:
    found = [
        (name, host) for name in FILES for host in HOSTS if host.replace(" ", "") in read(name)
    ]
    assert found == []


def test_nothing_installed_is_committed() -> None:
    assert [name for name in FILES if name.startswith(INSTALLED)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_python_packages_are_pinned_with_hashes(lock: str) -> None:
    text = re.sub(r"^\s*#.*\n", "", read(lock), flags=re.M).replace("\\\n", " ")
    for line in filter(None, map(str.strip, text.splitlines())):
        assert re.match(r"[\w.-]+==[\w.]+( |$)", line), line
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), line


def test_locks_hold_what_the_project_names() -> None:
    project = tomllib.loads(read("pyproject.toml"))
    wanted = {"requirements.txt": project["project"]["dependencies"]}
    for group, names in project["dependency-groups"].items():
        wanted[f"requirements-{group}.txt"] = names
    for lock, names in wanted.items():
        locked = set(re.findall(r"^([\w.-]+)==", read(lock), flags=re.M))
        assert {re.split(r"[\[<>=;~ ]", name)[0] for name in names} <= locked, lock


def test_browser_packages_are_pinned_with_hashes() -> None:
    package, lock = json.loads(read("package.json")), json.loads(read("package-lock.json"))
    named = package["dependencies"] | package["devDependencies"]
    assert all(re.fullmatch(r"[\d.]+", version) for version in named.values())
    for path, entry in lock["packages"].items():
        assert not path or entry["integrity"].startswith("sha512-"), path
        assert "resolved" not in entry, path


@pytest.mark.parametrize(
    ("names", "most"), [(PYTHON, PYTHON_LINES), (TEMPLATES, TEMPLATE_LINES)], ids=["py", "html"]
)
def test_files_stay_readable(names: list[str], most: int) -> None:
    long = {name: read(name).count("\n") for name in names}
    assert {name: lines for name, lines in long.items() if lines > most} == {}


def long_functions(name: str) -> Iterator[str]:
    """Functions over the limit that have no line ``# long: why`` in or above their head."""
    text = read(name)
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            head = "\n".join(lines[max(0, node.lineno - 3) : node.body[0].lineno])
            if length > FUNCTION_LINES and "# long:" not in head:
                yield f"{name}:{node.lineno} {node.name} has {length} lines"


def test_functions_stay_readable() -> None:
    assert [problem for name in PYTHON for problem in long_functions(name)] == []


def names_in(path: str) -> set[str]:
    """First words of the lines of a list; ``#`` begins a comment."""
    lines = (line.split("#")[0].split() for line in read(path).splitlines())
    return {words[-1] for words in lines if words}


def test_icons_are_in_the_sprite() -> None:
    """An icon that is not cut shows as nothing, and nobody sees an error."""
    calls = r"""\bicon\(["']([\w-]+)["']|\bicon(?:_name)?=["']([\w-]+)["']|^ +icon = "([\w-]+)\""""
    used = {
        (name, "".join(match))
        for name in FILES
        if name.endswith((".py", ".html")) and not name.startswith("tests/")
        for match in re.findall(calls, read(name), flags=re.M)
    }
    known = names_in("static/icons.txt")
    assert sorted((name, icon) for name, icon in used if icon not in known) == []


def test_vendored_files_are_copied() -> None:
    used = {
        (name, path)
        for name in FILES
        if name.startswith("views/")
        for path in re.findall(r"""static\(["']vendor/([\w./-]+)["']""", read(name))
    }
    known = names_in("static/vendor.txt") | {"icons.svg"}
    assert sorted((name, path) for name, path in used if path not in known) == []


def test_readme_commands_exist() -> None:
    if "README.md" not in FILES:
        pytest.skip("There is no README yet.")
    targets = set(re.findall(r"^([\w-]+):", read("Makefile"), flags=re.M))
    blocks = "\n".join(
        re.findall(r"```(?:sh|bash|console|shell)?\n(.*?)```", read("README.md"), re.S)
    )
    used = set(re.findall(r"\bmake ([a-z][\w-]*)", blocks + " ".join(inline(read("README.md")))))
    assert {"run", "test"} <= used
    assert used <= targets


def inline(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", text)
