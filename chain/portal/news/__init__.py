"""What becomes an alert: changes that other areas record, deadlines that come near, bids that were topped."""
