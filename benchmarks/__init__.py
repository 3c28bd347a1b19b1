"""Claims of the README, measured: each module times both sides in one run and prints the ratio."""
