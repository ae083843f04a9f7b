"""Published prices: past results per class, colour, week and centre, with what the producer got.

Words: published price, week, consent. May import: settlement and what lies below.
"""
