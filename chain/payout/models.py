"""Tables of payout."""
