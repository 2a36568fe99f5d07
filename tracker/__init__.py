"""The core of Rounds: bases, tables, fields, records, permissions and history. It knows no HTTP."""

__version__ = "0.1.0"
