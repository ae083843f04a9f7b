"""What writes dues."""
