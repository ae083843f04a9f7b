"""Writes of the dairy."""
