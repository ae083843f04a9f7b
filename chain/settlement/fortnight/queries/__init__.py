"""Reads of the dairy."""
