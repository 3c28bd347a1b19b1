"""``headwater specs``: the connection specifications of a tenant, pulled once and kept on this machine."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

import click

from headwater.cli.group import Commands
from headwater.cli.options import common, of_profile, sending
from headwater.cli.output import emit, in_json, join_lines, table

if TYPE_CHECKING:
    from headwater.cli.state import State
    from headwater.connectors.connector import Connector
    from headwater.flowservice import RemoteSpec
    from headwater.profiles import Profile
    from headwater.tenant import Pulled, Tenant


@click.group("specs", cls=Commands)
def command() -> None:
    """Pull and read a tenant's connection specifications.

    Sources that no plugin here knows, private and partner-built ones, can then be validated and created by name.
    """


@command.command("pull")
@sending
@common
@click.pass_obj
def pull(state: State, /) -> None:
    """Ask the profile's tenant for all its connection specifications, and keep them.

    One request. What was kept of the same tenant is replaced; other tenants' specifications are left alone.
    """
    from headwater import tenant
    from headwater.connectors.registry import installed

    profile = state.profile()
    asked = _require_tenant(profile)
    with state.service(profile) as service:
        pulled = tenant.pull(service, asked, profile=profile.name, registry=installed())
    connectors, _failures = tenant.TenantRegistry(installed(), pulled).all()
    slugs = [connector.slug for connector in connectors if connector.from_tenant]
    number = len(pulled.specs)
    text = f"{number} connection specifications of {asked.org_id} kept (profile {profile.name})"
    emit(
        {**_facts(pulled), "count": number, "new": slugs},
        join_lines([text, _new_text(slugs)]),
        as_json=state.json,
    )


@command.command("list")
@of_profile("Whose specifications to list.")
@common
@click.pass_obj
def list_(state: State, /) -> None:
    """List the pulled specifications, and the connector that answers for each."""
    pulled = _require_pulled(state)
    connectors, _failures = state.registry().all()
    by_id = {connector.spec.id: connector for connector in connectors}
    specs = sorted(pulled.specs, key=attrgetter("name", "id"))
    entries = [_entry(spec, by_id.get(spec.id.lower())) for spec in specs]
    rows = [[fact or "" for fact in entry.values()] for entry in entries]
    text = table(rows, ("ID", "NAME", "VERSION", "CONNECTOR", "FROM"))
    state.notice(
        f"specifications of {pulled.tenant.org_id} {pulled.label}; those without a connector are not sources"
    )
    emit({**_facts(pulled), "specs": entries}, text, as_json=state.json)


@command.command("show")
@click.argument("name", metavar="ID|NAME")
@of_profile("Whose specification to show.")
@common
@click.pass_obj
def show(state: State, /, *, name: str) -> None:
    """Show one pulled specification as the tenant gave it: JSON, found by id, machine name or slug."""
    pulled = _require_pulled(state)
    state.notice(f"a specification of {pulled.tenant.org_id} {pulled.label}")
    click.echo(in_json(_find(state, pulled, name).raw))


@command.command("forget")
@of_profile("Whose specifications to forget.")
@common
@click.pass_obj
def forget(state: State, /) -> None:
    """Remove the pulled specifications of the profile's tenant from this machine."""
    from headwater import tenant

    asked = _require_tenant(state.profile())
    forgotten = tenant.forget(asked)
    what = "forgotten" if forgotten else "were not kept, nothing to forget"
    emit(
        {"orgId": asked.org_id, "url": asked.url, "forgotten": forgotten},
        join_lines([f"specifications of {asked.org_id} {what}"]),
        as_json=state.json,
    )


def _require_tenant(profile: Profile) -> Tenant:
    from headwater.errors import NotConfigured
    from headwater.tenant import Tenant

    tenant = Tenant.of(profile)
    if tenant is None:
        raise NotConfigured(
            f"profile {profile.name} names no organization",
            ("org_id",),
            remedy="give it an org_id",
        )
    return tenant


def _require_pulled(state: State) -> Pulled:
    from headwater import tenant
    from headwater.errors import InvalidInput

    profile = state.profile()
    pulled = tenant.read(_require_tenant(profile))
    if pulled is None:
        raise InvalidInput(
            f"no specifications have been pulled from the tenant of profile {profile.name}",
            remedy="run `headwater specs pull`",
        )
    return pulled


def _find(state: State, pulled: Pulled, name: str) -> RemoteSpec:
    """Return the specification of this id, else of this machine name, else of the connector of this slug."""
    from headwater.errors import InvalidInput, UnknownConnector

    connectors, _failures = state.registry().all()
    ids = {connector.spec.id for connector in connectors if connector.slug == name}
    for fits in (
        lambda spec: spec.id.lower() == name.lower(),
        lambda spec: spec.name == name,
        lambda spec: spec.id.lower() in ids,
    ):
        specs = [*filter(fits, pulled.specs)]
        if len(specs) > 1:
            listing = ", ".join(spec.id for spec in specs)
            raise InvalidInput(
                f"several specifications have this name: {listing}",
                remedy="give the id",
            )
        if specs:
            return specs[0]
    raise UnknownConnector(
        "none of the pulled specifications has this id, name or slug",
        remedy="run `headwater specs list`",
    )


def _entry(spec: RemoteSpec, connector: Connector | None) -> dict[str, str | None]:
    entry: dict[str, str | None] = {
        "id": spec.id,
        "name": spec.name,
        "version": spec.version,
        "connector": None,
        "from": None,
    }
    if connector is not None:
        entry["connector"] = connector.slug
        entry["from"] = connector.distribution.name
        if connector.from_tenant:
            entry["from"] = "tenant"
    return entry


def _facts(pulled: Pulled) -> dict[str, Any]:
    tenant = pulled.tenant
    return {
        "profile": pulled.profile,
        "url": tenant.url,
        "orgId": tenant.org_id,
        "pulledAt": pulled.pulled_at,
    }


def _new_text(slugs: list[str], most: int = 8) -> str:
    if not slugs:
        return "nothing new: for each source among them there is an installed connector"
    text = f"known from the tenant only: {', '.join(slugs[:most])}"
    if len(slugs) > most:
        text += f" and {len(slugs) - most} more (`headwater specs list`)"
    return text
