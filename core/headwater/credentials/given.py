"""Credentials on their way in: what a caller gives, and what of it is meant for one authentication specification."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from headwater.arguments import (
    require_fields,
    require_kind,
    require_optional_path,
    require_optional_text,
)
from headwater.credentials import references, validation
from headwater.credentials.conversion import convert
from headwater.models import AuthenticationSpec, dotted
from headwater.secret import Unshown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from headwater.models import Field, FieldPath, Problem


def variable_name(slug: str, *path: str) -> str:
    """Return the environment variable that can give a required field of a connector, or a property of an object."""
    names = "__".join(name.upper() for name in path)
    return f"HEADWATER_CRED_{slug.upper().replace('-', '_')}__{names}"


def iter_required(
    fields: Iterable[Field], above: FieldPath = ()
) -> Iterator[tuple[FieldPath, Field]]:
    """Yield the fields that cannot be left out with their paths, the properties of an object in its place."""
    for field in fields:
        if not field.required:
            continue
        path = (*above, field.name)
        if field.properties:
            yield from iter_required(field.properties, path)
        else:
            yield path, field


def is_given(values: Any, path: FieldPath) -> bool:
    """Say whether something stands at a path; on the way, anything but an object takes the place of all below it."""
    for name in path:
        if not isinstance(values, dict):
            return True
        if name not in values:
            return False
        values = values[name]
    return True


def put(values: Mapping[str, Any], path: FieldPath, value: Any) -> dict[str, Any]:
    """Return the values with one more at a path that `is_given` denies, objects made on the way."""
    name, *below = path
    if below:
        value = put(values.get(name, {}), tuple(below), value)
    return {**values, name: value}


def _find_misfits(given: GivenCredentials) -> tuple[Problem, ...]:
    require_kind("auth", given.auth, AuthenticationSpec, "an AuthenticationSpec")
    require_fields("credentials", given.values)
    require_optional_path("base", given.base)
    validation.check_usable(given.auth)
    pending = references.pending(given.auth, given.values)
    return tuple(validation.validate(given.auth, given.values, pending=pending))


@attrs.frozen(kw_only=True)
class GivenCredentials:
    """Credentials as given for one authentication specification; secret references in them are not looked up.

    `origins` names where each field came from, and relative ``file:`` references start at `base`. `misfits` is
    what the specification says against the values; it is found out once, when they are put together.

    Raises `InvalidInput` for a tenant's specification that cannot be used or evaluated, and for arguments of the wrong
    type.
    """

    auth: AuthenticationSpec
    values: Mapping[str, Any] = attrs.field(repr=False)
    origins: Mapping[str, str] = attrs.field(factory=dict)
    base: Path | None = None
    misfits: tuple[Problem, ...] = attrs.field(
        init=False, default=attrs.Factory(_find_misfits, takes_self=True)
    )

    @property
    def problems(self) -> list[Problem]:
        """Everything that can be known to be wrong offline; references are judged by their form alone."""
        return [*self.misfits, *references.find_malformed(self.auth, self.values)]

    @property
    def missing(self) -> list[tuple[FieldPath, Field]]:
        """The required fields without a value and their paths, the properties of an object in its place."""
        return [
            (path, field)
            for path, field in iter_required(self.auth.fields)
            if not is_given(self.values, path)
        ]

    @property
    def pending(self) -> frozenset[str]:
        """The secret fields that hold a reference still to be looked up."""
        return references.pending(self.auth, self.values)

    def resolve(self) -> dict[str, Any]:
        """Return validated ``auth.params``: valid as given, references looked up, and valid with what they lead to.

        Raises `InvalidCredentials` or `UnresolvedReference`.
        """
        validation.require_no_problems(self.auth, self.problems)
        params = references.resolve_all(self.auth, self.values, base=self.base)
        validation.require_no_problems(
            self.auth, validation.validate(self.auth, params)
        )
        return params

    def seal(self) -> dict[str, Any]:
        """Return ``auth.params`` valid as given, with references as they are. Raises `InvalidCredentials`."""
        validation.require_no_problems(self.auth, self.problems)
        return validation.seal(self.auth, self.values)

    def find_problems_behind_references(self) -> list[Problem]:
        """Return what is wrong once references are looked up. Raises `UnresolvedReference`."""
        params = references.resolve_all(self.auth, self.values, base=self.base)
        return validation.validate(self.auth, params)


@attrs.frozen(kw_only=True)
class CredentialsInput:
    """What a caller gives to authenticate with, before it is known for which authentication specification.

    `values` are JSON values by field, and `origin` names where they come from. `assignments` are strings from a command
    line, which come before `values` and take the types of their fields. `environ` may give required fields that are
    in neither, under their `variable_name`. `base` is where relative ``file:`` references start. `auth`, a
    specification or its name, and `cloud` say what the credentials are meant for, as far as the caller knows.

    Raises `InvalidInput` for an argument of the wrong type, by the name it has in `headwater.create`.
    """

    values: Mapping[str, Any] = attrs.field(repr=False)
    origin: str = "the caller"
    assignments: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    environ: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    base: Path | None = None
    auth: AuthenticationSpec | str | None = None
    cloud: str | None = None

    def __attrs_post_init__(self) -> None:
        require_fields("credentials", self.values)
        require_optional_path("base", self.base)
        require_optional_text("cloud", self.cloud)
        if not isinstance(self.auth, AuthenticationSpec):
            require_optional_text("auth", self.auth)

    def complete(self, auth: AuthenticationSpec, slug: str) -> GivenCredentials:
        """Return the credentials as they are for one specification of a connector."""
        values = Unshown(self.values)
        origins = {
            name: describe_origin(self.origin, auth, name, value)
            for name, value in values.items()
        }
        for name, text in self.assignments.items():
            values[name] = convert(text, auth.field(name))
            origins[name] = "--set"
        values = self._fill(auth, slug, values, origins)
        return GivenCredentials(
            auth=auth, values=values, origins=origins, base=self.base
        )

    def _fill(
        self,
        auth: AuthenticationSpec,
        slug: str,
        values: Mapping[str, Any],
        origins: dict[str, str],
    ) -> Unshown:
        """Return the values with those that the environment gives; `origins` takes note of them."""
        for path, field in iter_required(auth.fields):
            variable = variable_name(slug, *path)
            if is_given(values, path) or variable not in self.environ:
                continue
            value = convert(self.environ[variable], field)
            values = put(values, path, value)
            place = f"environment variable {variable}"
            origins[dotted(path)] = _name_reference(place, field, value)
        return Unshown(values)


def _name_reference(place: str, field: Field | None, value: Any) -> str:
    if field is None or not field.secret or not references.is_well_formed(value):
        return place
    return f"{place} ({value})"


def describe_origin(
    place: str, auth: AuthenticationSpec, field: str, value: Any
) -> str:
    """Name a place, and where the reference of a secret leads; what is not a reference may be the secret itself."""
    return _name_reference(place, auth.field(field), value)
