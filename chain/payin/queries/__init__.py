"""Reads of payin."""
