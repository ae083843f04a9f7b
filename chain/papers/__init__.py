"""Numbered papers: receipts, liquidations, purchase receipts, invoices and credit notes.

A series has no gap, what a paper says is frozen at issue, a void keeps its number, and each carries a signed code.
"""
