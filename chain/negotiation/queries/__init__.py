"""Reads of offers, lots open to offers, and samples."""
