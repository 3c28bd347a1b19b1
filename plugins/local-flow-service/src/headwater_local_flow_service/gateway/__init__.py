"""The door: who asks, in which organization and sandbox, and with which body."""
