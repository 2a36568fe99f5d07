"""Base files: a whole base as one archive, and in again the same, in whatever installation."""
