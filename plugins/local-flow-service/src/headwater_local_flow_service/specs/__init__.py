"""Connection specifications and flow specifications, installed and stored."""
