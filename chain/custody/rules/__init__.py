"""Decisions of custody, as values: words and limits, cold chain, arrival weights."""
