"""Streaming: messages that come in at inlets are checked, answered, kept, and put into their data sets as batches."""
