"""The demonstration season: synthetic people and lots whose totals match published figures.

docs/demo.md says which figure is published, with its source, and which is drawn. Everything goes in through the same
services that people use, so that the demonstration is also a rehearsal. Fixed seed; tests and benches use it too.
"""
