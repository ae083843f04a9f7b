"""Reads of payout."""
