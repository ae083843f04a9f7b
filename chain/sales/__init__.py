"""What every way of selling ends in: awards, their confirmation, sales, contracts, deliveries; and the log that all ways write.

Words: award (a proposed sale that the seller's officers confirm), sale, contract, delivery, claim, default, market log,
market manager, exclusion. May import: custody, genealogy, laboratory, lots, buyers, grading, certification, producers,
accounts, web (edges only), core.
"""
