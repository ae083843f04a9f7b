"""Where lots meet buyers: sealed tenders, bids, sales.

Words: tender (sealed bids on one or many lots until a deadline), bid, award, sale. May import: lots, buyers, grading,
certification, producers, accounts, web (edges only), core.
"""
