"""Base, source and target connections: their rules, tests and explorations."""
