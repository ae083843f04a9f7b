"""What writes pricing."""
