"""Genealogy: what was made of which lots, how much of it belongs to whom, and where it went.

Words: event (merge, split, sort, process, transfer, take-back, loss, gain, undo), line, share, recipe, trace, recall.
May import: lots, grading, certification, producers, accounts, web (edges only), core.
"""
