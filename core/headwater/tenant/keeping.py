"""Pulling a tenant's connection specifications, and keeping them between runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from headwater import documents
from headwater.arguments import require_kind, require_service, require_text
from headwater.connectors.registry import Registry
from headwater.errors import InvalidInput
from headwater.foreign import raise_bare
from headwater.tenant.place import SUFFIX, VARIABLE, folder
from headwater.tenant.pulled import Pulled, Tenant, damage_error, from_document
from headwater.tenant.registry import TenantRegistry

if TYPE_CHECKING:
    from headwater.flowservice import FlowService


def path_of(tenant: Tenant) -> Path:
    """Return where a tenant's specifications are kept."""
    require_kind("tenant", tenant, Tenant, "a Tenant")
    return Path(folder()) / f"{tenant.key}{SUFFIX}"


def pull(
    service: FlowService, tenant: Tenant, *, profile: str, registry: Registry
) -> Pulled:
    """Ask for all connection specifications, in one request, and keep them in the place of those pulled before.

    Raises what the request raises, and `InvalidInput` where the file cannot be written; what was kept then stays.
    """
    require_kind("tenant", tenant, Tenant, "a Tenant")
    require_kind("registry", registry, Registry, "a Registry")
    require_text("profile", profile)
    require_service(service)
    specs = service.connection_specs.list()
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    pulled = Pulled(tenant=tenant, profile=profile, pulled_at=moment, specs=specs)
    pulled = attrs.evolve(pulled, known=_slugs_by_id(registry, pulled))
    path = path_of(tenant)
    try:
        documents.replace(path, json.dumps(pulled.document()))
    except OSError as error:
        raise_bare(
            InvalidInput(
                f"the pulled specifications cannot be kept at {path} ({documents.describe(error)})",
                remedy=f"check the permissions of its folder, or name another folder with {VARIABLE}",
            )
        )
    return pulled


def read(tenant: Tenant) -> Pulled | None:
    """Return what was pulled from a tenant, or None where nothing was.

    Raises `InvalidInput` for a file that cannot be read or used, naming it.
    """
    path = path_of(tenant)
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = documents.describe(error)
        raise_bare(
            InvalidInput(
                f"{path} cannot be read ({reason})", remedy="check its permissions"
            )
        )
    except (ValueError, RecursionError):
        raise_bare(damage_error(str(path)))
    pulled = from_document(document, str(path))
    if pulled.tenant != tenant:  # somebody has renamed or copied the file of another
        raise damage_error(str(path))
    return pulled


def forget(tenant: Tenant) -> bool:
    """Remove what was pulled from a tenant; say whether there was anything. Raises `InvalidInput` where it stays."""
    path = path_of(tenant)
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        reason = documents.describe(error)
        raise_bare(
            InvalidInput(
                f"{path} cannot be removed ({reason})",
                remedy="check the permissions of its folder",
            )
        )
    return True


def _slugs_by_id(registry: Registry, pulled: Pulled) -> dict[str, str]:
    """Return the slug of each specification that goes by the slug of an installed connector, by id."""
    slugs, installed = {}, registry.available()
    for connector in TenantRegistry(registry, pulled).all()[0]:
        if connector.spec.id and connector.slug in installed:
            slugs[connector.spec.id] = connector.slug
    return slugs
