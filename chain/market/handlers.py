"""Outbox messages of the market: closing tenders at their deadline."""
