"""Reads of custody, one module per question. An organisation sees its own, and dispatches addressed to it."""
