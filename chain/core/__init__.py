"""What every area needs and that holds no word of the field: database, money, quantity, time, ids, refusals, audit, outbox.

May import: nothing of chain outside core.
"""
