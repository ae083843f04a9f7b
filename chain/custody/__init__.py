"""Custody: where lots lie, what holds them, what was lent, and how they leave the house.

Words: site, hold, count sheet, container, tank reading, dispatch, waybill, arrival weight, tolerance, dispute, gate ticket.
May import: genealogy, laboratory, lots, grading, certification, producers, accounts, web (edges only), core.
"""
