"""Benchmarks: each operation of the design's table beside the bare SQL for it, in one run."""
