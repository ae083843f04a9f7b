"""Tax papers for producers without a tax number: Peru's liquidación de compra and Bolivia's purchase receipt.

They are made of a run that is in the books, apart from the internal receipts: own series, own counter. Every rate and limit is a
dated setting with its source that an accountant confirmed; while one is missing, nothing is issued. Nothing is sent to a tax
office from here. May import what settlement may.
"""
