"""The tree of a formula. Chains of one precedence lie flat, so that depth means nesting alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Number:
    at: int  # position in the source, from 0
    value: float


@dataclass(frozen=True)
class String:
    at: int
    value: str


@dataclass(frozen=True)
class Reference:
    """A field by name, or by id where it was written ``{fld:12}``."""

    at: int
    name: str
    end: int
    braced: bool


@dataclass(frozen=True)
class Call:
    at: int
    name: str  # in capitals
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Negative:
    at: int
    operand: Node


@dataclass(frozen=True)
class Step:
    """One operator of a chain with its right side."""

    at: int
    operator: str
    operand: Node


@dataclass(frozen=True)
class Chain:
    """``first op a op b …`` of one precedence, from left to right."""

    at: int
    first: Node
    steps: tuple[Step, ...]


Node: TypeAlias = Number | String | Reference | Call | Negative | Chain


def children(node: Node) -> tuple[Node, ...]:
    match node:
        case Call():
            return node.arguments
        case Negative():
            return (node.operand,)
        case Chain():
            return (node.first, *(step.operand for step in node.steps))
    return ()


def walk(node: Node) -> list[Node]:
    """The node and everything below it, in the order of the source."""
    found, waiting = [], [node]
    while waiting:
        here = waiting.pop()
        found.append(here)
        waiting.extend(reversed(children(here)))
    return found
