"""Several files at once become tables that link to each other."""
