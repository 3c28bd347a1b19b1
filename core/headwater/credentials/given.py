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
from headwater.credentials.required import is_given, iter_required, put
from headwater.credentials.spelling import OwnSpelling, spell_own
from headwater.credentials.unknown import Extended, extend
from headwater.models import AuthenticationSpec, Problem, dotted
from headwater.secret import Unshown

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from headwater.models import Field, FieldPath


def variable_name(slug: str, *path: str) -> str:
    """Return the environment variable that can give a required field of a connector, or a property of an object."""
    names = "__".join(name.upper() for name in path)
    return f"HEADWATER_CRED_{slug.upper().replace('-', '_')}__{names}"


def _spell_own(given: GivenCredentials) -> OwnSpelling:
    require_kind("auth", given.auth, AuthenticationSpec, "an AuthenticationSpec")
    require_fields("credentials", given.values)
    return spell_own(given.auth, given.values)


def _find_misfits(given: GivenCredentials) -> tuple[Problem, ...]:
    require_optional_path("base", given.base)
    validation.check_usable(given.auth)
    return tuple(given.validate(given.own.values, pending=given.pending))


@attrs.frozen(kw_only=True)
class GivenCredentials:
    """Credentials as given for one authentication specification; secret references in them are not looked up.

    `origins` names where each field came from, and relative ``file:`` references start at `base`. `own` are the values
    as the specification spells them: what is validated and sent. `misfits` is what the specification says against
    them; it is found out once, when they are put together.

    `unknown` are fields that the specification was extended with, because the caller wants them sent all the same.
    `choice` says why the specification was taken, where that is not what was asked for. `hint` is what to ask for where
    the values are nearer to another one, and `other_fit` where they fit that: the one problem then.

    Raises `InvalidInput` for a tenant's specification that cannot be used or evaluated, and for arguments of the wrong
    type.
    """

    auth: AuthenticationSpec
    values: Mapping[str, Any] = attrs.field(repr=False)
    origins: Mapping[str, str] = attrs.field(factory=dict)
    base: Path | None = None
    unknown: tuple[str, ...] = ()
    choice: str = ""
    hint: str = ""
    other_fit: str = ""
    own: OwnSpelling = attrs.field(
        init=False, default=attrs.Factory(_spell_own, takes_self=True)
    )
    misfits: tuple[Problem, ...] = attrs.field(
        init=False, default=attrs.Factory(_find_misfits, takes_self=True)
    )

    @property
    def problems(self) -> list[Problem]:
        """Everything that can be known to be wrong offline; references are judged by their form alone."""
        if self.other_fit:
            return [Problem("(credentials)", "choice", self.other_fit)]
        return [*self.misfits, *references.find_malformed(self.auth, self.own.values)]

    @property
    def missing(self) -> list[tuple[FieldPath, Field]]:
        """The required fields without a value and their paths, the properties of an object in its place."""
        return [
            (path, field)
            for path, field in iter_required(self.auth.fields, self.own.values)
            if not is_given(self.values, path)
        ]

    @property
    def pending(self) -> frozenset[str]:
        """The secret fields that hold a reference still to be looked up."""
        return references.pending(self.auth, self.own.values)

    def validate(
        self, values: Mapping[str, Any], pending: Collection[str] = ()
    ) -> list[Problem]:
        """Return what is wrong with values of these fields, but for those unknown ones that the caller wants sent."""
        problems = validation.validate(self.auth, values, pending=pending)
        return [
            problem
            for problem in problems
            if problem.rule != "unknown" or problem.field not in self.unknown
        ]

    def resolve(self) -> dict[str, Any]:
        """Return validated ``auth.params``: valid as given, references looked up, and valid with what they lead to.

        Raises `InvalidCredentials` or `UnresolvedReference`.
        """
        self._require_no_problems(self.problems)
        params = self._look_up()
        self._require_no_problems(self.validate(params))
        return params

    def seal(self) -> dict[str, Any]:
        """Return ``auth.params`` valid as given, with references as they are. Raises `InvalidCredentials`."""
        self._require_no_problems(self.problems)
        return validation.seal(self.auth, self.own.values)

    def find_problems_behind_references(self) -> list[Problem]:
        """Return what is wrong once references are looked up. Raises `UnresolvedReference`."""
        return self.validate(self._look_up())

    def _look_up(self) -> dict[str, Any]:
        return references.resolve_all(self.auth, self.own.values, base=self.base)

    def _require_no_problems(self, problems: Sequence[Problem]) -> None:
        validation.require_no_problems(self.auth, problems, remedy=self.hint)


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
    home_cloud: str | None = None
    allow_unknown: bool = False

    def __attrs_post_init__(self) -> None:
        require_fields("credentials", self.values)
        require_optional_path("base", self.base)
        require_optional_text("cloud", self.cloud)
        require_optional_text("home_cloud", self.home_cloud)
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
        extended = Extended(auth)
        if self.allow_unknown:
            extended = extend(auth, values)
        return GivenCredentials(
            auth=extended.auth,
            values=values,
            origins=origins,
            base=self.base,
            unknown=extended.unknown,
        )

    def _fill(
        self,
        auth: AuthenticationSpec,
        slug: str,
        values: Mapping[str, Any],
        origins: dict[str, str],
    ) -> Unshown:
        """Return the values with those that the environment gives; `origins` takes note of them.

        What it gives can make another field required.
        """
        filled = Unshown(values)
        while found := self._find_in_environment(auth, slug, filled):
            path, field, variable = found
            value = convert(self.environ[variable], field)
            filled = Unshown(put(filled, path, value))
            place = f"environment variable {variable}"
            origins[dotted(path)] = _name_reference(place, field, value)
        return filled

    def _find_in_environment(
        self, auth: AuthenticationSpec, slug: str, values: Mapping[str, Any]
    ) -> tuple[FieldPath, Field, str] | None:
        """Return the next required field that is missing and that a variable gives, or None."""
        own = spell_own(auth, values).values
        for path, field in iter_required(auth.fields, own):
            variable = variable_name(slug, *path)
            if variable in self.environ and not is_given(values, path):
                return path, field, variable
        return None


def _name_reference(place: str, field: Field | None, value: Any) -> str:
    if field is None or not field.secret or not references.is_well_formed(value):
        return place
    return f"{place} ({value})"


def describe_origin(
    place: str, auth: AuthenticationSpec, field: str, value: Any
) -> str:
    """Name a place, and where the reference of a secret leads; what is not a reference may be the secret itself."""
    return _name_reference(place, auth.field(field), value)
