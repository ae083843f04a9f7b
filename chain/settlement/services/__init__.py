"""The writers of settlement, one module per use case."""
