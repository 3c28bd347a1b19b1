"""What every kind of resource shares: requests, bodies, patches, states and searches."""
