"""Writers of auctions: opening, registering, bidding, pausing, closing."""
