"""Refusals of payin."""
