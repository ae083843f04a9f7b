"""The writers of matching."""
