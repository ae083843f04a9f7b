"""The money's way back: ledger, prices, deductions, advances, settlement runs, payment, receipts.

Words: settlement run (what each producer is owed for a sale or a period), line (one producer in a run), item (one named
amount of a line), receipt, journal entry, posting. The ledger knows nothing of lots. May import: market and below.
"""
