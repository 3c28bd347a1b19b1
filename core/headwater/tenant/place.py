"""Where pulled specifications are kept: one file for each tenant, in the user's data folder."""

from __future__ import annotations

import os
import sys

VARIABLE = "HEADWATER_SPECS"
SUFFIX = ".json"

_REDIRECTING = ("XDG_DATA_HOME", "ANDROID_DATA")


def folder() -> str:
    """Return the folder: the one ``HEADWATER_SPECS`` names, or ``specs`` in the user's data folder."""
    return os.environ.get(VARIABLE) or os.path.join(_data_folder(), "specs")  # noqa: PTH118 - strings cost less than paths


def is_anything_kept() -> bool:
    """Say whether specifications of any tenant have been pulled on this machine."""
    try:
        names = os.listdir(folder())  # noqa: PTH208 - as above
    except OSError:
        return False
    return any(name.endswith(SUFFIX) for name in names)


def _data_folder() -> str:
    """Return the user's data folder for Headwater.

    Every ``headwater list`` asks. On a plain Linux the answer is platformdirs' own without its import, which would cost
    a twentieth of the whole command; a test compares the two.
    """
    redirected = any(map(os.environ.get, _REDIRECTING))
    if sys.platform == "linux" and not redirected:
        return os.path.expanduser("~/.local/share/headwater")  # noqa: PTH111 - as above
    import platformdirs

    return platformdirs.user_data_dir("headwater")
