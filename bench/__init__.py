"""Measures the product against the workload of docs/benchmarks.md: ``make bench``."""
