"""Live ascending auctions of lots, by catalogue, and the two-round clock for a campaign.

Words: auction, catalogue, step, reserve, maximum (proxy) bid, soft close, clock round. May import: sales and what lies below.
"""
