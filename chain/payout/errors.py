"""Refusals of payout."""
