"""Export, import and reset of a store."""
