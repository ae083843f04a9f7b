"""The two-round clock: several products of a campaign at once, few buyers, at most one raise of the prices.

Words: product (the lots of one class and colour), request (how many whole kilograms a buyer takes), round, raised price, best
price, allotment. May import: sales and what lies below; never the live auctions beside it.
"""
