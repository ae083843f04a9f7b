"""Reads of the genealogy, one module per question."""
