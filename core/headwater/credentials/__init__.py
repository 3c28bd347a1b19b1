"""Credentials: authentication specifications as JSON Schema, validation, and secret references."""
