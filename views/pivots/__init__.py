"""Pivots: what is crossed (`plan`), how it stands as rows (`sheet`), as a workbook (`book`)."""
