"""One connector behind its own hook relay: typed methods in front of untyped hook calls."""

from __future__ import annotations

import copy
import inspect
import threading
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import pluggy

from headwater.connectors import hooks
from headwater.connectors.defaults import Defaults
from headwater.errors import BrokenPlugin, NotCreatable, NotReadable
from headwater.foreign import foreign
from headwater.models import AuthenticationSpec, ConnectionSpec, map_secrets
from headwater.secret import reseal, seal_strings, secrets_in, strings_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headwater.models import Distribution, Payload, PayloadRequest
    from headwater.secret import Secret
    from headwater.sources import SourceCredentials
    from headwater.sources.guarded import GuardedReader

REQUIRED = ("connection_spec", "credential_schemas")
READER = ("__enter__", "__exit__", "check", "tables", "columns", "preview")


_registering = threading.Lock()


class _Manager(pluggy.PluginManager):
    """Looks only at public names that carry a marker, whatever the pluggy version.

    Rejecting the others here makes a manager several times cheaper, and keeps pluggy 1.6 from evaluating properties.
    """

    def parse_hookimpl_opts(self, plugin: Any, name: str) -> Any:
        if not _is_marked(plugin, name, f"{hooks.PROJECT}_impl"):
            return None
        return super().parse_hookimpl_opts(plugin, name)

    def parse_hookspec_opts(self, module_or_class: Any, name: str) -> Any:
        if not _is_marked(module_or_class, name, f"{hooks.PROJECT}_spec"):
            return None
        return super().parse_hookspec_opts(module_or_class, name)


def _is_marked(holder: object, name: str, marker: str) -> bool:
    return not name.startswith("_") and hasattr(_read_statically(holder, name), marker)


def _read_statically(holder: object, name: str) -> object:
    """Return an attribute without evaluating a property, or None."""
    own = getattr(holder, "__dict__", {})
    attribute = own.get(name, getattr(type(holder), name, None))
    return getattr(attribute, "__func__", attribute)


class Connector:
    """A loaded connector: its slug, the distribution that answers for it, its facts, and its payload builder.

    Loading calls both fact hooks once and checks the answers' types, so `spec` and `authentication` never fail later.
    Raises `BrokenPlugin` when the plugin breaks a rule of the hooks; the message names the rule and the distribution.
    `id_source` says where the connection specification id comes from, where the plugin did not give it.
    """

    # Whether no plugin brought it, only a tenant's own specification.
    from_tenant: ClassVar[bool] = False

    def __init__(self, slug: str, plugin: object, distribution: Distribution) -> None:
        self.slug = slug
        self.distribution = distribution
        self.id_source = ""
        self._manager = self._relay(plugin)
        self._hook: Any = self._manager.hook
        self.spec: ConnectionSpec = self._load_spec()
        self.authentication: tuple[AuthenticationSpec, ...] = (
            self._load_authentication()
        )

    def __repr__(self) -> str:
        return f"<Connector {self.slug} of {self.distribution}>"

    def with_id(self, spec_id: str, *, version: str = "", source: str) -> Connector:
        """Return the same connector with a connection specification id from elsewhere; `source` says from where."""
        other = copy.copy(self)
        other.spec = attrs.evolve(
            self.spec, id=spec_id, version=version or self.spec.version, no_id_reason=""
        )
        other.id_source = source
        return other

    def build_payload(self, request: PayloadRequest) -> Payload:
        """Return the body for ``POST /connections``; secrets in it are `Secret`. Raises `BrokenPlugin`.

        What a secret field holds is sealed, revealed or not, and so is a string that a connector composed from a
        revealed secret. Values of the request that are no secrets stay as they are, even where they are alike.
        """
        self._register_default()
        secrets = tuple(secrets_in(dict(request.params)))
        with foreign(
            f"connector {self.slug}: build_payload", self.distribution, secrets
        ):
            built = self._hook.build_payload(request=request)
            kind = type(built).__name__
            payload = _seal(built, request, secrets)
            del built  # a secret in it may be open
        if payload is None:
            raise self._violation(
                f"build_payload must return a dict, and returns {kind}"
            )
        if payload.get("name") != request.name:
            raise self._violation(
                "build_payload must send the name it was given: a connection is told apart by it"
            )
        reference = payload.get("connectionSpec")
        if not isinstance(reference, dict) or reference.get("id") != request.spec.id:
            raise self._violation(
                "build_payload must send the connection specification id it was given"
            )
        return payload

    @property
    def readable(self) -> bool:
        """Whether the connector can read its source directly."""
        return bool(self._hook.open_source.get_hookimpls())

    def check_readable(self) -> None:
        """Raise `NotReadable` where the connector cannot read its source directly."""
        if not self.readable:
            raise NotReadable(
                f"connector {self.slug} of {self.distribution} cannot read its source directly",
                remedy="create the connection and let the platform explore it: `headwater connections explore`",
            )

    def check_creatable(self) -> None:
        """Raise `NotCreatable` with the reason where the source has no base connection, or no verified id."""
        self.check_base_connection()
        if self.spec.id is None:
            raise NotCreatable(
                f"the connection specification id of {self.spec.name} is not verified: {self.spec.no_id_reason}",
                remedy="take it from your tenant with `headwater specs pull`, or give it with --spec-id",
            )

    def check_base_connection(self) -> None:
        """Raise `NotCreatable`, with where to start instead, where the source has no base connection."""
        self.check_programmable()
        if self.spec.base_connection:
            return
        note = self.spec.lifecycle_note or f"see {self.spec.documentation}"
        if note[1:2].islower():  # a name in capitals stays as it is
            note = note[:1].lower() + note[1:]
        raise NotCreatable(f"{self.spec.name} has no base connection", remedy=note)

    def check_programmable(self) -> None:
        """Raise `NotCreatable`, naming the page to follow, where the source is set up in the user interface only."""
        if self.spec.ui_only:
            raise NotCreatable(
                f"{self.spec.name} is set up in the platform's user interface only",
                remedy=f"follow {self.spec.documentation}",
            )

    def open_source(self, credentials: SourceCredentials) -> GuardedReader:
        """Return a reader for direct access to the source. Raises `NotReadable` where the connector has none."""
        from headwater.sources.guarded import GuardedReader

        self.check_readable()
        secrets = tuple(secrets_in(dict(credentials.params)))
        with foreign(f"connector {self.slug}: open_source", self.distribution, secrets):
            reader = self._hook.open_source(credentials=credentials)
        missing = [name for name in READER if not callable(getattr(reader, name, None))]
        if missing:
            raise self._violation(
                f"open_source must return a reader with {', '.join(missing)}"
            )
        known = frozenset(strings_in(credentials.params))
        return GuardedReader(reader, self.slug, self.distribution, secrets, known)

    def _relay(self, plugin: object) -> _Manager:
        if inspect.isclass(plugin):
            raise self._violation(
                "the entry point names a class; name an instance of it, or a module"
            )
        manager = _Manager(hooks.PROJECT)
        manager.add_hookspecs(hooks)
        with foreign(f"connector {self.slug}: registering", self.distribution):
            manager.register(plugin, self.slug)
            manager.check_pending()
        self._check_implementations(manager, plugin)
        return manager

    def _register_default(self) -> None:
        """Put core's own plugin below one that builds no payload; lists of many connectors go without."""
        with _registering:
            if not self._hook.build_payload.get_hookimpls():
                self._manager.register(Defaults(), "headwater-defaults")

    def _check_implementations(
        self, manager: pluggy.PluginManager, plugin: object
    ) -> None:
        for name, caller in vars(manager.hook).items():
            own = [impl for impl in caller.get_hookimpls() if impl.plugin is plugin]
            if name in REQUIRED and len(own) != 1:
                raise self._violation(
                    f"the required hook {name} needs exactly one @hookimpl function, found {len(own)}"
                )
            if not own and _read_statically(plugin, name) is not None:
                raise self._violation(
                    f"{name} is not marked as a @hookimpl function, so it would never be called"
                )
            for implementation in own:
                self._check_implementation(name, implementation)

    def _check_implementation(self, name: str, implementation: pluggy.HookImpl) -> None:
        if implementation.kwargnames:
            raise self._violation(f"{name} must not give its arguments defaults")
        if implementation.wrapper or implementation.hookwrapper:
            raise self._violation(f"{name} must not be a wrapper")

    def _load_spec(self) -> ConnectionSpec:
        with foreign(f"connector {self.slug}: connection_spec", self.distribution):
            spec = self._hook.connection_spec()
        if not isinstance(spec, ConnectionSpec):
            raise self._violation(
                "connection_spec must return a headwater.ConnectionSpec"
            )
        return spec

    def _load_authentication(self) -> tuple[AuthenticationSpec, ...]:
        with foreign(f"connector {self.slug}: credential_schemas", self.distribution):
            specs = tuple(self._hook.credential_schemas() or ())
        if not all(isinstance(spec, AuthenticationSpec) for spec in specs):
            raise self._violation(
                "credential_schemas must return headwater.AuthenticationSpec values"
            )
        keys = [(spec.spec_name, spec.cloud, spec.variant) for spec in specs]
        if len(set(keys)) != len(keys):
            raise self._violation(
                "credential_schemas returns two of the same name, cloud and variant"
            )
        return specs

    def _violation(self, rule: str) -> BrokenPlugin:
        return BrokenPlugin(
            f"connector {self.slug} of {self.distribution}: {rule}",
            distribution=str(self.distribution),
            remedy=f"report it to the authors of {self.distribution.name}, or uninstall it",
        )


def _seal(
    payload: Any, request: PayloadRequest, secrets: tuple[Secret, ...]
) -> Payload | None:
    """Return what a connector built with its secrets sealed, or None where that is no dict."""
    if not isinstance(payload, dict):
        return None
    known = frozenset(_known_strings(request))
    sealed = {name: reseal(value, secrets, known) for name, value in payload.items()}
    auth = sealed.get("auth")
    if isinstance(auth, dict) and isinstance(auth.get("params"), dict):
        auth["params"] = map_secrets(
            request.auth, auth["params"], lambda _path, value: seal_strings(value)
        )
    return sealed


def _known_strings(request: PayloadRequest) -> Iterator[str]:
    """Yield the strings of a request that are not secret, whatever the secrets are."""
    spec = request.spec
    yield from strings_in([request.name, request.description, request.params])
    yield from strings_in([request.auth.spec_name, spec.id, spec.version])
    yield from strings_in(spec.extra_payload)
