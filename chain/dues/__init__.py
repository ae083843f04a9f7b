"""What is taken off a payment: fees, charges, advances and loans, with the rule and the decision behind each; and animals or seed to be passed on."""
