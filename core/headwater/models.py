"""The frozen values that cross the boundary between core and plugins."""

from __future__ import annotations

import uuid
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from headwater.field import (
    JSON_TYPES,
    Field,
    JsonType,
    as_fields,
    as_tuple,
    check_siblings,
)

if TYPE_CHECKING:
    import importlib.metadata
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = [
    "JSON_TYPES",
    "LIFECYCLES",
    "AuthenticationSpec",
    "ConnectionSpec",
    "Distribution",
    "Field",
    "FieldPath",
    "JsonType",
    "Payload",
    "PayloadRequest",
    "Problem",
    "as_tuple",
    "distribution_of",
    "dotted",
    "holds_secrets",
    "is_uuid",
    "iter_fields",
    "map_secrets",
]

Payload: TypeAlias = dict[str, Any]

LIFECYCLES = ("ga", "beta", "deprecated")


def is_uuid(text: str) -> bool:
    """Say whether a string is a UUID in lower case with dashes, as every id of the platform is written."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


FieldPath: TypeAlias = tuple[str, ...]  # names from ``auth.params`` downwards


def iter_fields(auth: AuthenticationSpec) -> Iterator[tuple[FieldPath, Field]]:
    """Yield every field of a specification in depth with its path, an object before its properties, in order.

    The path of a property ``private_key`` of the object ``account`` is ``("account", "private_key")``.
    """
    waiting: list[tuple[FieldPath, Field]] = [
        ((field.name,), field) for field in reversed(auth.fields)
    ]
    while waiting:
        path, field = waiting.pop()
        yield path, field
        inner = [((*path, below.name), below) for below in field.properties]
        waiting += reversed(inner)


def map_secrets(
    auth: AuthenticationSpec,
    values: Mapping[str, Any],
    change: Callable[[FieldPath, Any], Any],
) -> dict[str, Any]:
    """Return ``auth.params`` with `change(path, value)` in the place of whatever a secret field holds, in depth.

    A secret field that is not given is left out. What else stands there is the same object as before, but for the
    objects on the way to a secret, which are copies. Where an object is expected and something else stands, that is
    passed to `change` under the object's path: it could be the secret, given in the wrong place.
    """
    return _map_fields(auth.fields, values, change, ())


def _map_fields(
    fields: Iterable[Field],
    values: Mapping[str, Any],
    change: Callable[[FieldPath, Any], Any],
    above: FieldPath,
) -> dict[str, Any]:
    changed = dict(values)
    for field in fields:
        if field.name not in values or not holds_secrets(field):
            continue
        path, value = (*above, field.name), values[field.name]
        if field.properties and isinstance(value, dict):
            changed[field.name] = _map_fields(field.properties, value, change, path)
        else:
            changed[field.name] = change(path, value)
    return changed


def holds_secrets(field: Field) -> bool:
    """Say whether a field is a secret or an object with one anywhere below."""
    return field.secret or any(map(holds_secrets, field.properties))


def dotted(path: Iterable[str]) -> str:
    """Return a path as problems name it: ``account.private_key``."""
    return ".".join(path)


def as_name_pairs(
    names: Mapping[str, str] | Iterable[tuple[str, str]],
) -> tuple[tuple[str, str], ...]:
    """Convert a mapping of names, as JSON has it, to pairs: a frozen value can be hashed."""
    pairs = dict(names)
    return tuple(pairs.items())


def _secret_names(auth: AuthenticationSpec) -> frozenset[str]:
    return frozenset(field.name for field in auth.fields if field.secret)


def _secret_paths(auth: AuthenticationSpec) -> tuple[FieldPath, ...]:
    return tuple(path for path, field in iter_fields(auth) if field.secret)


def _label(auth: AuthenticationSpec) -> str:
    marks = ", ".join(filter(None, (auth.cloud, auth.variant)))
    return f"{auth.spec_name} ({marks})" if marks else auth.spec_name


@attrs.frozen
class AuthenticationSpec:
    """One way to authenticate, as Flow Service's ``authSpec`` lists it.

    `spec_name` goes into ``auth.specName``. It is not unique within a connector: (`spec_name`, `cloud`, `variant`) is.
    `cloud` is ``azure`` or ``aws`` where the specification holds for one of them only. `raw` is the JSON Schema of a
    specification that came from a tenant; validation then goes by it, and `fields` only says which are secret.
    `unusable` is why credentials cannot be kept secret by it, where that is so: nothing is then sent with it.
    `former_names` are those that older documentation has for it: never sent, and answered with the name of today.
    `former_fields` pairs fields that only older documentation has with those that took their place: refused likewise.

    `secret_paths` are the paths of the secret fields in depth, in order; `secret_names` are only the names of those
    right in ``auth.params``. `label` is the name for people: the spec name, with cloud and variant where they tell two
    of the same name apart.
    """

    spec_name: str = attrs.field(validator=attrs.validators.min_len(1))
    fields: tuple[Field, ...] = attrs.field(converter=as_fields)
    cloud: str | None = attrs.field(
        default=None,
        kw_only=True,
        validator=attrs.validators.optional(attrs.validators.in_(("azure", "aws"))),
    )
    variant: str | None = attrs.field(default=None, kw_only=True)
    deprecated: bool = attrs.field(default=False, kw_only=True)
    note: str = attrs.field(default="", kw_only=True)
    raw: Mapping[str, Any] | None = attrs.field(default=None, kw_only=True, repr=False)
    unusable: str = attrs.field(default="", kw_only=True)
    former_names: tuple[str, ...] = attrs.field(
        default=(), converter=as_tuple, kw_only=True
    )
    former_fields: tuple[tuple[str, str], ...] = attrs.field(
        default=(), converter=as_name_pairs, kw_only=True
    )

    secret_names: frozenset[str] = attrs.field(
        init=False,
        eq=False,
        repr=False,
        default=attrs.Factory(_secret_names, takes_self=True),
    )
    secret_paths: tuple[FieldPath, ...] = attrs.field(
        init=False,
        eq=False,
        repr=False,
        default=attrs.Factory(_secret_paths, takes_self=True),
    )
    label: str = attrs.field(
        init=False, eq=False, repr=False, default=attrs.Factory(_label, takes_self=True)
    )

    def __attrs_post_init__(self) -> None:
        owner = f"authentication specification {self.spec_name}"
        check_siblings(self.fields, owner)
        for former, successor in self.former_fields:
            if self.field(successor) is None:
                raise ValueError(
                    f"{owner}: former_fields names no field in the place of {former}"
                )

    def field(self, name: str) -> Field | None:
        """Return the field of this name right in ``auth.params``, or None."""
        for field in self.fields:
            if field.name == name:
                return field
        return None

    def find(self, path: FieldPath) -> Field | None:
        """Return the field at a path, or None."""
        for other, field in iter_fields(self):
            if other == path:
                return field
        return None


@attrs.frozen(kw_only=True)
class ConnectionSpec:
    """What is fixed about a source: its connection specification and how the platform treats it.

    `id` is the connection specification's UUID, or None with the reason in `no_id_reason`. `misprinted_ids` are forms
    of it that documentation prints by mistake: looked up, never sent. `doubtful_ids` are ids that documentation prints
    for the source and the platform does not know: never sent, and refused with that reason. `extra_payload` is merged
    into the body of ``POST /connections``.

    `name` is for people; `platform_name` is the machine name that the platform gives the specification, and empty where
    it is not known. It need not be unique.

    `base_connection` is False for sources that start elsewhere; `lifecycle_note` says where. `ui_only` is for sources
    that are set up in the platform's user interface alone, as their page in `documentation` describes: they have
    neither base connection nor credentials here, and need no id.
    """

    id: str | None
    version: str = "1.0"
    name: str
    category: str
    ingestion: str = attrs.field(
        default="batch", validator=attrs.validators.in_(("batch", "streaming"))
    )
    kind: str = attrs.field(
        default="table", validator=attrs.validators.in_(("table", "file", "streaming"))
    )
    lifecycle: str = attrs.field(
        default="ga", validator=attrs.validators.in_(LIFECYCLES)
    )
    lifecycle_note: str = ""
    misprinted_ids: tuple[str, ...] = attrs.field(default=(), converter=as_tuple)
    doubtful_ids: tuple[str, ...] = attrs.field(default=(), converter=as_tuple)
    extra_payload: Mapping[str, Any] = attrs.field(factory=dict)
    documentation: str = ""
    base_connection: bool = True
    no_id_reason: str = ""
    platform_name: str = ""
    ui_only: bool = False

    def __attrs_post_init__(self) -> None:
        if self.ui_only and (self.base_connection or not self.documentation):
            raise ValueError(
                "a source with ui_only has no base connection (base_connection=False), and a page in documentation"
            )
        if self.id is None:
            if not (self.no_id_reason or self.ui_only):
                raise ValueError(
                    "a connection specification without id needs no_id_reason"
                )
        elif not is_uuid(self.id):
            raise ValueError("id must be a lower-case UUID with dashes, or None")


@attrs.frozen(kw_only=True)
class PayloadRequest:
    """What `build_payload` gets: everything needed for the body of ``POST /connections``.

    `params` maps field names to values; secrets are `headwater.Secret` and belong into the body as they are.
    """

    name: str
    description: str | None
    spec: ConnectionSpec
    auth: AuthenticationSpec
    params: Mapping[str, Any]


@attrs.frozen
class Problem:
    """One thing wrong with given credentials: `field` (a path with dots), the `rule` it breaks, and a `message`."""

    field: str
    rule: str
    message: str

    def as_dict(self) -> dict[str, str]:
        """Return the problem for JSON output."""
        return {"field": self.field, "rule": self.rule, "message": self.message}


@attrs.frozen
class Distribution:
    """The installed distribution a plugin comes from."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def distribution_of(entry: importlib.metadata.EntryPoint) -> Distribution:
    """Return the distribution that registers an entry point."""
    if entry.dist is None:
        return Distribution("(unknown distribution)", "")
    return _read_distribution(entry.dist)


@lru_cache(maxsize=256)
def _read_distribution(dist: importlib.metadata.Distribution) -> Distribution:
    """Read the metadata once for all entry points of a distribution: its `name` and `version` each parse the file."""
    metadata = dist.metadata
    return Distribution(metadata["Name"], metadata["Version"])
