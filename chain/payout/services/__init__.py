"""What writes payout."""
