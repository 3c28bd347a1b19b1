"""What one run of the command line knows: the options every command shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.secret import secrets_in

if TYPE_CHECKING:
    from headwater.connectors.registry import Registry
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
        self._registry: Registry | None = None

    def remember(self, value: Any) -> None:
        """Take note of every secret in a value."""
        self.secrets += secrets_in(value)

    def profile(self) -> Profile:
        """Return the profile to use, saying so when it is the embedded one because nothing is configured."""
        from headwater.profiles import resolve

        profile = resolve(self.profile_name, overrides=self.overrides)
        for text in profile.notices:
            self.notice(text)
        if profile.embedded and not self.profile_name:
            self.notice(
                "using the embedded Flow Service on this machine (profile local)"
            )
        return profile

    def service(self, profile: Profile) -> FlowService:
        """Return a client for the profile."""
        from headwater.flowservice.service import FlowService

        endpoint = profile.endpoint()
        self.remember([endpoint.access_token, endpoint.client_secret])
        return FlowService(endpoint)

    def cloud(self) -> str:
        """Return the cloud without needing a whole profile."""
        from headwater import profiles

        return str(self.overrides.get("cloud") or profiles.cloud(self.profile_name))

    def ca_bundle(self) -> str | None:
        """Return the certificate authorities to trust at a source, without needing a whole profile."""
        from headwater import profiles

        return self.overrides.get("ca_bundle") or profiles.ca_bundle(self.profile_name)

    def registry(self) -> Registry:
        """Return the connectors there are: the installed ones, and those whose specifications the tenant gave.

        Where nobody has chosen a profile, one that cannot be used takes only the tenant's away, and is told; so does a
        file of specifications.
        """
        from headwater.connectors.registry import installed
        from headwater.tenant.place import is_anything_kept

        if self._registry is None:
            self._registry = installed()
            if is_anything_kept() or self.profile_name:
                self._registry = self._with_tenant(self._registry)
        return self._registry

    def slugs_by_id(self) -> dict[str | None, str]:
        """Return the slug of every connector that works, by its connection specification id."""
        connectors, _failures = self.registry().all()
        return {connector.spec.id: connector.slug for connector in connectors}

    def _with_tenant(self, registry: Registry) -> Registry:
        from headwater import profiles, tenant
        from headwater.errors import InvalidInput, NotConfigured

        try:
            profile = profiles.resolve(self.profile_name, overrides=self.overrides)
            asked = tenant.Tenant.of(profile)
            pulled = asked and tenant.read(asked)
        except InvalidInput as error:
            if self.profile_name and isinstance(error, NotConfigured):
                raise
            self.notice(f"without the tenant's specifications: {error}")
            return registry
        if not pulled:
            return registry
        return tenant.TenantRegistry(registry, pulled)

    def notice(self, text: str) -> None:
        """Tell people something beside the result, on standard error.

        With ``--json`` it waits for the end: a failure carries the notices in its own JSON, which nothing may precede.
        """
        self.notices.append(text)
        if not self.json:
            _tell(text)

    def tell_notices(self) -> None:
        """Tell after success what ``--json`` has made wait."""
        if not self.json:
            return
        for text in self.notices:
            _tell(text)


def _tell(text: str) -> None:
    from headwater.cli.output import say

    say(f"note: {text}")
