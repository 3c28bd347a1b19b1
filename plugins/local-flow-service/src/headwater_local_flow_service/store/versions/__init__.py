"""One script for each version of the schema, in alembic's form; `migrations` runs them."""
