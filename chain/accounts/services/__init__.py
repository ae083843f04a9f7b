"""The writers of accounts, one module per group of use cases."""
