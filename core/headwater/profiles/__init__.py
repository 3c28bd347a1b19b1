"""Where to send: profiles of the config file, the environment, or the embedded service where neither says anything."""

from __future__ import annotations

from headwater.profiles.config import LOCAL
from headwater.profiles.layers import ca_bundle, cloud, connect, resolve
from headwater.profiles.profile import Profile

__all__ = ["LOCAL", "Profile", "ca_bundle", "cloud", "connect", "resolve"]
