"""The pages, one room a file; each offers ``room``."""
