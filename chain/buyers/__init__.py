"""Buying companies and what they stand ready to buy.

Words: buyer (an organisation of kind buyer), standing demand. May import: accounts, web (edges only), core.
"""
