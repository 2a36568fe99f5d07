"""Long data of the solutions: their shape and what their demo base is filled with."""
