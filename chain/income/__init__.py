"""What each producer earned, year by year, against a stated baseline.

Words: season, income record (a producer's year with one organisation and commodity), baseline (what the alternative paid,
with its source and method). May import: settlement and below.
"""
