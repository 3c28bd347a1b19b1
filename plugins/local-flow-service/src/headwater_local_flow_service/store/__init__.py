"""The store: schema, rows, secrets at rest, migrations."""
