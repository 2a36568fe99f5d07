"""Records out into workbooks that people fill in, and back with every difference seen first."""
