"""Households and persons who produce, their communities and their membership in associations.

Words: producer (a person with one id across fibre, milk and meat), community, membership (a producer in one
organisation, with a member code; a producer may have several). May import: accounts, web (edges only), core.
"""
