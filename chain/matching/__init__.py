"""Which lots fill which standing demands, so that producers together receive most; and the proposals that follow.

Words: instance, group, flow, match, near miss, proposal. May import: sales and what lies below.
"""
