"""Kinds (field types, view kinds, triggers …) are found by scanning their folder, one file each."""

from __future__ import annotations

import importlib
import pkgutil
import threading
from collections.abc import Iterator
from typing import Generic, TypeVar

from tracker.errors import Refused
from tracker.text import Text

Kind = TypeVar("Kind")


class Registry(Generic[Kind]):
    """The kinds of one folder by key. ``@registry.register`` on a class stores an instance."""

    def __init__(self, package: str) -> None:
        self.package = package
        self.kinds: dict[str, Kind] = {}
        self.loaded = self.loading = False
        self.lock = threading.RLock()

    def register(self, cls: type[Kind]) -> type[Kind]:
        kind = cls()
        key: str = kind.key  # type: ignore[attr-defined]  # every kind declares its key
        if key in self.kinds:
            raise RuntimeError(f"two kinds named {key!r} in {self.package}")
        self.kinds[key] = kind
        return cls

    def load(self) -> None:
        """Import every module of the folder; two of one key refuse to start."""
        if self.loaded:
            return
        with self.lock:  # the first requests of a fresh server come at once
            if self.loaded or self.loading:
                return
            self.loading = True
            package = importlib.import_module(self.package)
            for module in pkgutil.iter_modules(package.__path__):
                importlib.import_module(f"{self.package}.{module.name}")
            self.loaded = True

    def get(self, key: str) -> Kind:
        self.load()
        try:
            return self.kinds[key]
        except KeyError:
            raise Refused(Text("There is no kind called {key}.", key=key)) from None

    def __contains__(self, key: str) -> bool:
        self.load()
        return key in self.kinds

    def __iter__(self) -> Iterator[Kind]:
        self.load()
        return iter(sorted(self.kinds.values(), key=lambda kind: getattr(kind, "order", 100)))
