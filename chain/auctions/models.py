"""Tables of auctions."""
