"""Reads of dues."""
