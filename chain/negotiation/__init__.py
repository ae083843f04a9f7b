"""Offers and counter-offers between one seller and one buyer, and samples with their feedback.

Words: offer, counter-offer, expiry, sample, feedback. May import: sales and what lies below.
"""
