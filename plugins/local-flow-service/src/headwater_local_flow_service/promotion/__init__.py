"""From the files of a batch to the files of a data set: parsed, validated by the schema, converted, counted, reported.

Pure: files come in and files go out by a place for files, and nothing here knows of the store, requests or callers.
"""
