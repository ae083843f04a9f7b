"""Tables of dues."""
