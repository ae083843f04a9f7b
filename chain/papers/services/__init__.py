"""What writes papers."""
