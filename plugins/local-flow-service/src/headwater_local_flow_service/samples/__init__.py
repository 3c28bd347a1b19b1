"""Sample data in the place of sources that nobody can reach, so that every exploration of a tutorial can be tried.

Never on by itself, and marked as samples in every answer. The rows are invented.
"""
