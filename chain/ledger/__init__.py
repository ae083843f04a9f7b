"""The books of an organisation: double entry, append-only, hash-chained.

Every area that moves money posts here and nowhere else.
"""
