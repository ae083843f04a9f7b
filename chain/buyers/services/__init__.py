"""The writers of buyers: demands, vetting, trading limits, deposits."""
