"""What writes payin."""
