"""Money to producers: batches of payments by cash, collector, bank and wallet, and what the receiver confirms."""
