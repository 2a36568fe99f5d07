"""What a function is: one decorated Python function in a family of `tracker.functions`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tracker.registry import Registry
from tracker.text import Text

KINDS = ("text", "number", "truth", "when", "list", "any")
Types = tuple[str, ...]


@dataclass(frozen=True)
class Argument:
    name: str
    kind: str  # one of KINDS: what a value is turned into before the call
    optional: bool = False
    many: bool = False  # any number of them, one at least unless optional

    @property
    def shown(self) -> str:
        name = f"{self.name}…" if self.many else self.name
        return f"[{name}]" if self.optional else name


@dataclass
class Function:
    """``call(*arguments)``, with the `Env` before them for ``env``; lazy ones get thunks.

    ``gives`` is the type of the result, or works it out from the types of the arguments and
    their nodes. Its SQL form, where it has one, is registered by `tracker.formula.pieces.form`.
    """

    name: str
    arguments: tuple[Argument, ...]
    gives: str | Callable[..., str]
    doc: Text
    example: str
    family: str
    call: Callable[..., Any]
    env: bool = False
    lazy: bool = False
    volatile: bool = False
    system: str = ""  # "id", "created_at" or "updated_at" of the record it reads

    def __call__(self, *arguments: Any) -> Any:
        return self.call(*arguments)

    @property
    def key(self) -> str:
        return self.name

    @property
    def signature(self) -> str:
        return f"{self.name}({', '.join(one.shown for one in self.arguments)})"

    @property
    def least(self) -> int:
        return sum(not one.optional for one in self.arguments)

    @property
    def most(self) -> int | None:
        many = any(one.many for one in self.arguments)
        return None if many else len(self.arguments)

    def taking(self, count: int) -> Iterator[Argument]:
        """The argument each of ``count`` values is for; the group of ``many`` repeats."""
        group = [one for one in self.arguments if one.many]
        start = len(self.arguments) - len(group)
        for place in range(count):
            if place < start or not group:
                yield self.arguments[place]
            else:
                yield group[(place - start) % len(group)]


registry: Registry[Function] = Registry("tracker.functions")


def arguments(spec: str) -> tuple[Argument, ...]:
    """``"text:text [start:number] more:any…"`` → arguments."""
    return tuple(_argument(word) for word in spec.split())


def _argument(word: str) -> Argument:
    optional, many = word.startswith("["), word.rstrip("]").endswith("…")
    name, _colon, kind = word.strip("[]").removesuffix("…").partition(":")
    if kind not in KINDS:
        raise RuntimeError(f"no kind of argument: {word}")
    return Argument(name, kind, optional, many)


def function(
    name: str, spec: str, gives: str | Callable[..., str], doc: Text, example: str, **more: Any
) -> Callable[[Callable[..., Any]], Function]:
    """Registers the decorated Python function as ``name``; its module is its family."""

    def keep(call: Callable[..., Any]) -> Function:
        if name in registry.kinds:
            raise RuntimeError(f"two functions named {name}")
        family = call.__module__.rpartition(".")[2]
        made = Function(name, arguments(spec), gives, doc, example, family, call, **more)
        registry.kinds[name] = made
        return made

    return keep
