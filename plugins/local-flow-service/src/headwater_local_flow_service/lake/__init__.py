"""Batches: put in file by file, promoted into data sets, found in Catalog, and read file by file."""
