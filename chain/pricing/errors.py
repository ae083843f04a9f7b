"""Refusals of pricing."""
