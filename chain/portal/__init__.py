"""A buyer's home, and alerts by e-mail and in the page.

Words: attention, alert, subscription. May import: settlement and what lies below.
"""
