"""Lots: registration, weights, grades, files.

Words: delivery or primary lot (what one producer brought at one time), commodity, grade proposal and confirmation.
May import: grading, certification, producers, accounts, web (edges only), core.
"""
