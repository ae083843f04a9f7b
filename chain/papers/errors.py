"""Refusals of papers."""
