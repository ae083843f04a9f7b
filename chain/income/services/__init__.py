"""The writers of income, one module per use case."""
