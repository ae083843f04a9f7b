"""Refusals of dues."""
