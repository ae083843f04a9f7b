"""Chain (Cadena): from the lot at the collection centre to the receipt in each producer's hand.

The areas and who may import whom are written in docs/architecture.md; import-linter checks it.
"""

__version__ = "0.1.0"
