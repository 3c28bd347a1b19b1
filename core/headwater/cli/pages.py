"""The former place of ``python -m headwater_authoring.connector_pages``; it forwards for one minor version."""

from __future__ import annotations

import runpy
import warnings

warnings.warn(
    "headwater.cli.pages has moved: run `python -m headwater_authoring.connector_pages`",
    DeprecationWarning,
    stacklevel=1,
)

if __name__ == "__main__":
    runpy.run_module("headwater_authoring.connector_pages", run_name="__main__")
