"""``headwater specs``: the connection specifications of a tenant, pulled once and kept on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from headwater.cli.options import common, of_profile, sending
from headwater.cli.output import emit, in_json, table

if TYPE_CHECKING:
    from headwater.cli.state import State
    from headwater.flowservice import RemoteSpec
    from headwater.profiles import Profile
    from headwater.tenant import Pulled, Tenant


@click.group("specs")
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
    asked = _tenant(profile)
    with state.service(profile) as service:
        pulled = tenant.pull(service, asked, profile=profile.name, registry=installed())
    slugs = [
        one.slug
        for one in tenant.TenantRegistry(installed(), pulled).all()[0]
        if one.from_tenant
    ]
    result = {**_facts(pulled), "count": len(pulled.specs), "new": slugs}
    text = f"{len(pulled.specs)} connection specifications of {asked.org_id} kept (profile {profile.name})"
    known = "an installed connector has each source among them"
    emit(result, f"{text}\n{_named(slugs) if slugs else known}", as_json=state.json)


@command.command("list")
@of_profile("Whose specifications to list.")
@common
@click.pass_obj
def list_(state: State, /) -> None:
    """List the pulled specifications, and the connector that answers for each."""
    pulled = _pulled(state)
    owners = {one.spec.id: one for one in state.registry().all()[0]}
    entries = []
    for spec in sorted(pulled.specs, key=lambda spec: (spec.name, spec.id)):
        owner = owners.get(spec.id.lower())
        origin = (
            ""
            if owner is None
            else "tenant"
            if owner.from_tenant
            else owner.distribution.name
        )
        facts = {"id": spec.id, "name": spec.name, "version": spec.version}
        entries.append(
            {
                **facts,
                "connector": owner.slug if owner else None,
                "from": origin or None,
            }
        )
    rows = [
        [each[name] or "" for name in ("id", "name", "version", "connector", "from")]
        for each in entries
    ]
    text = table(rows, ("ID", "NAME", "VERSION", "CONNECTOR", "FROM"))
    state.notice(
        f"specifications of {pulled.tenant.org_id} {pulled.label}; those without a connector are no sources"
    )
    emit({**_facts(pulled), "specs": entries}, text, as_json=state.json)


@command.command("show")
@click.argument("wanted", metavar="ID|NAME")
@of_profile("Whose specification to show.")
@common
@click.pass_obj
def show(state: State, /, *, wanted: str) -> None:
    """Show one pulled specification as the tenant gave it: JSON, found by id, machine name or slug."""
    pulled = _pulled(state)
    state.notice(f"a specification of {pulled.tenant.org_id} {pulled.label}")
    click.echo(in_json(_one(state, pulled, wanted).raw))


@command.command("forget")
@of_profile("Whose specifications to forget.")
@common
@click.pass_obj
def forget(state: State, /) -> None:
    """Remove the pulled specifications of the profile's tenant from this machine."""
    from headwater import tenant

    asked = _tenant(state.profile())
    gone = tenant.forget(asked)
    text = f"specifications of {asked.org_id} {'forgotten' if gone else 'were not kept, nothing to forget'}"
    emit(
        {"orgId": asked.org_id, "url": asked.url, "forgotten": gone},
        text,
        as_json=state.json,
    )


def _tenant(profile: Profile) -> Tenant:
    from headwater.errors import NotConfigured
    from headwater.tenant import Tenant

    found = Tenant.of(profile)
    if found is None:
        raise NotConfigured(
            f"profile {profile.name} names no organization",
            ("org_id",),
            remedy="give it an org_id",
        )
    return found


def _pulled(state: State) -> Pulled:
    from headwater import tenant
    from headwater.errors import InvalidInput

    profile = state.profile()
    pulled = tenant.read(_tenant(profile))
    if pulled is None:
        raise InvalidInput(
            f"no specifications have been pulled from the tenant of profile {profile.name}",
            remedy="run `headwater specs pull`",
        )
    return pulled


def _one(state: State, pulled: Pulled, wanted: str) -> RemoteSpec:
    from headwater.errors import InvalidInput, UnknownConnector

    ids = {one.spec.id for one in state.registry().all()[0] if one.slug == wanted}
    found = [spec for spec in pulled.specs if wanted.lower() == spec.id.lower()]
    found = found or [spec for spec in pulled.specs if spec.name == wanted]
    found = found or [spec for spec in pulled.specs if spec.id.lower() in ids]
    if not found:
        raise UnknownConnector(
            "none of the pulled specifications has this id, name or slug",
            remedy="run `headwater specs list`",
        )
    if len(found) > 1:
        raise InvalidInput(
            f"several specifications have this name: {', '.join(spec.id for spec in found)}",
            remedy="give the id",
        )
    return found[0]


def _facts(pulled: Pulled) -> dict[str, Any]:
    tenant = pulled.tenant
    return {
        "profile": pulled.profile,
        "url": tenant.url,
        "orgId": tenant.org_id,
        "pulledAt": pulled.pulled_at,
    }


def _named(slugs: list[str], most: int = 8) -> str:
    more = (
        f" and {len(slugs) - most} more (`headwater specs list`)"
        if len(slugs) > most
        else ""
    )
    return f"known from the tenant only: {', '.join(slugs[:most])}{more}"
