"""JSON resources of buyers: standing demands, vetting, limits and deposits."""

from chain.buyers.api import demands, limits

blueprints = [demands.demands, limits.vetting, limits.limits]
