"""The writers of awards and sales."""
