"""The functions of formulas, a file a family; `tracker.formula` finds them by scanning."""
