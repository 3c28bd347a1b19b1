"""Running a store: migrations, export and import, health, logs."""
