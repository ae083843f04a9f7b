"""Reads of income: paid settlement lines and the seasons from earlier books, added up against the baseline.

Nothing is copied: what a page shows is summed from the lines that the receipts print. Each function takes a constant
number of statements, whatever the number of producers or seasons.
"""
