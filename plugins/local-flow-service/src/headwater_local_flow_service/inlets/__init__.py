"""Inlets: the addresses at which messages come in, and how what is sent there is refused."""
