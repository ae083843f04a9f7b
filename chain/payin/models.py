"""Tables of payin."""
