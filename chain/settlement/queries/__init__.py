"""Reads of settlement: `runs`, `receipts`, `terms` (prices, fees, advances)."""
