"""What is wrong, and what to do about it: of the installation, of a profile, and of connectors against their tenant."""

from __future__ import annotations
