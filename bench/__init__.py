"""Measurements: fixed seed, a table, the ratio to a reference in the same run. Run all: make bench."""
