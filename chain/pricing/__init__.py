"""What an organisation pays producers for: price schemes in versions, and the amount that one gives a delivery."""
