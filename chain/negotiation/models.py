"""Tables of negotiation."""
