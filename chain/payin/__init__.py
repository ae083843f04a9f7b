"""Money from buyers: invoices, bank statements and payments by card."""
