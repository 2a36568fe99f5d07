"""Filling in forms in a browser: where things are, and what a person does with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import expect

from tests import world as worlds
from tests.conftest import ROOT, opened
from tracker import permissions
from tracker.query import Query

SYSTEM = permissions.system()
AXE = ROOT / ".setup" / "axe.min.js"
FOUND = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
    .map((one) => one.id + ": " + one.nodes.slice(0, 4).map((node) => node.target).join(" | "))"""
WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
STORED = "() => Object.keys(localStorage).filter((key) => /draft|queue/.test(key))"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "locale": "zh-CN"}


@dataclass
class Filing:
    """The served world: addresses, cookies, and ids by key."""

    address: str
    url: str
    cookies: dict[str, str]
    forms: dict[str, int]
    fields: dict[str, int]

    def visits(self) -> dict[str, dict[str, Any]]:
        """Title → values by key of what is stored."""
        with opened(self.url):
            query = Query(SYSTEM, worlds.World().visits)
            found = query.fetch(query.ids())
            return {
                one.title: {key: one.values.get(field) for key, field in self.fields.items()}
                for one in found
            }

    def name(self, key: str) -> str:
        return f"[name=f{self.fields[key]}]"

    def block(self, key: str) -> str:
        return f'[data-question="{self.fields[key]}"]'


def fill(page, filing: Filing, title: str) -> None:
    """A visit to the company found by its pinyin initials."""
    pick(page, filing, "cqyl")
    page.check(filing.name("kind") + " >> nth=1")
    page.fill(filing.name("title"), title)


def pick(page, filing: Filing, letters: str) -> None:
    search = page.locator(f"{filing.block('company')} .ts-control > input")
    search.click()
    search.press_sequentially(letters)
    found = page.locator(f"{filing.block('company')} .ts-dropdown .option")
    expect(found).to_have_count(1)  # sifted, and drawn no more
    found.click()
    page.keyboard.press("Escape")


def send(page) -> None:
    page.click("#form button[type=submit]")


def on_phone(page) -> str:
    """What waits on the device: how many drafts and submissions."""
    page.wait_for_timeout(50)
    return " ".join(sorted(key.split(":")[0].split(".")[1] for key in page.evaluate(STORED)))


def check(page, where: str) -> list[str]:
    page.evaluate(AXE.read_text("utf-8"))
    found = [f"{where}: {one}" for one in page.evaluate(FOUND)]
    return found + ([f"{where}: too wide"] if page.evaluate(WIDE) > 0 else [])
