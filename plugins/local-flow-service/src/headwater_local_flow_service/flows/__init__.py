"""Dataflows, their schedules and their runs."""
