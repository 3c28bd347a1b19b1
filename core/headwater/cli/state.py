"""What one run of the command line knows: the options every command shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headwater.flowservice import FlowService
    from headwater.profiles import Profile
    from headwater.secret import Secret


class State:
    """Shared options, filled while the command line is parsed, and the secrets that have been seen.

    `secrets` is what an unexpected error's text is cleaned of before anybody sees it.
    """

    def __init__(self) -> None:
        self.json = False
        self.debug = False
        self.plugin = ""  # the distribution whose command is run
        self.profile_name: str | None = None
        self.overrides: dict[str, Any] = {}
        self.secrets: list[Secret] = []
        self.notices: list[str] = []

    def remember(self, value: Any) -> None:
        """Take note of every secret in a value."""
        from headwater.secret import secrets_in

        self.secrets += secrets_in(value)

    def profile(self) -> Profile:
        """Return the profile to use, saying so when it is the embedded one because nothing is configured."""
        from headwater import profiles

        profile = profiles.resolve(self.profile_name, overrides=self.overrides)
        for text in profile.notices:
            self.notice(text)
        if profile.embedded and not self.profile_name:
            self.notice("using the embedded Flow Service on this machine (profile local)")
        return profile

    def service(self, profile: Profile) -> FlowService:
        """Return a client for the profile."""
        from headwater.flowservice import FlowService

        endpoint = profile.endpoint()
        self.secrets += [secret for secret in (endpoint.access_token, endpoint.client_secret) if secret is not None]
        return FlowService(endpoint)

    def cloud(self) -> str:
        """Return the cloud without needing a whole profile."""
        from headwater import profiles

        return str(self.overrides.get("cloud") or profiles.cloud(self.profile_name))

    def notice(self, text: str) -> None:
        """Tell people something beside the result, on standard error.

        With ``--json`` it waits for the end: a failure carries the notices in its own JSON, which nothing may precede.
        """
        self.notices.append(text)
        if not self.json:
            _tell(text)

    def tell_held_back(self) -> None:
        """Tell what ``--json`` has held back, after success."""
        if self.json:
            for text in self.notices:
                _tell(text)


def _tell(text: str) -> None:
    from headwater.cli.output import say

    say(f"note: {text}")
