"""What writes to the books."""
