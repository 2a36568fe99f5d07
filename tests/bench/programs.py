"""What is measured as whole processes: import, export, start, and a server at rest."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.conftest import ROOT

MEGA = 1 << 20
PATIENCE = 900  # seconds
MAIN = (sys.executable, "-c", "import app; app.main()")


@dataclass(frozen=True)
class Process:
    """A program that ran: seconds of wall and CPU, peak memory in MB (with its children)."""

    wall: float
    cpu: float
    memory: float


def run(environ: Mapping[str, str], *arguments: str) -> Process:
    """Run ``rounds`` with these arguments to its end."""
    began = time.perf_counter()
    process = psutil.Popen(
        [*MAIN, *arguments],
        cwd=ROOT,
        env={**os.environ, **environ},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    peak, cpu = 0.0, 0.0
    while process.poll() is None:
        if time.perf_counter() - began > PATIENCE:
            process.kill()
        memory, used = _now(process)
        peak, cpu = max(peak, memory), max(cpu, used)
        time.sleep(0.05)
    if process.returncode:
        raise RuntimeError(process.stderr.read().decode())
    return Process(time.perf_counter() - began, cpu, peak)


def _now(process: psutil.Process) -> tuple[float, float]:
    """Memory and CPU of the process and its children at this moment."""
    memory = cpu = 0.0
    try:
        for one in (process, *process.children(recursive=True)):
            memory += one.memory_info().rss / MEGA
            times = one.cpu_times()
            cpu += times.user + times.system + times.children_user + times.children_system
    except psutil.Error:  # gone meanwhile
        pass
    return memory, cpu


def serve(environ: Mapping[str, str], visit: Callable[[str], None]) -> tuple[float, float]:
    """Seconds from the start to the first page, and MB after ``visit`` has been there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    began = time.perf_counter()
    process = psutil.Popen(
        [*MAIN, "serve"],
        cwd=ROOT,
        env={**os.environ, **environ, "ROUNDS_PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        first = _first_answer(f"{address}/sign-in", began)
        visit(address)
        time.sleep(5)  # at rest, the worker has ticked
        return first, _now(process)[0]
    finally:
        process.terminate()
        process.wait(30)


def _first_answer(url: str, began: float) -> float:
    while time.perf_counter() - began < PATIENCE:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                answer.read()
            return time.perf_counter() - began
        except OSError:
            time.sleep(0.02)
    raise RuntimeError("The server did not start.")


def folder_size(folder: Path) -> float:
    return sum(one.stat().st_size for one in folder.rglob("*") if one.is_file()) / MEGA
