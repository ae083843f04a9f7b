"""What the lanes share: databases, the fixed cast, limits on sockets, query counting."""
