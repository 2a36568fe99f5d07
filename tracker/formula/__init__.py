"""Formulas in Airtable's language: parsed here, computed in Python, compiled to SQL.

Errors are values (`FormulaError`); what cannot be read is `Refused` in words with its position.
"""

from __future__ import annotations

from tracker.formula.describing import describe, trace
from tracker.formula.naming import show, store
from tracker.formula.nodes import Node
from tracker.formula.parser import parse
from tracker.formula.planning import Plan, plan
from tracker.formula.values import FormulaError, Value

__all__ = [
    "FormulaError",
    "Node",
    "Plan",
    "Value",
    "describe",
    "parse",
    "plan",
    "show",
    "store",
    "trace",
]
