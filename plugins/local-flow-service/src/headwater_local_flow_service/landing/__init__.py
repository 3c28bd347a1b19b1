"""The data landing zone: a container of files for each sandbox, tokens that open it, and what is found in it.

The rules: docs/landing-zone.md.
"""
