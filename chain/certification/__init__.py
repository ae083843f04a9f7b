"""Certificates of producers and what may be claimed of a lot on its delivery date.

Words: certificate (SPG or third-party organic), level (transition, full), claim (conventional, transition, organic).
May import: producers, accounts, web (edges only), core.
"""
