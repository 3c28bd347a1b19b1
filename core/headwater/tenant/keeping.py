"""Pulling a tenant's connection specifications, and keeping them between runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from headwater import documents
from headwater.errors import InvalidInput
from headwater.tenant.place import SUFFIX, VARIABLE, folder
from headwater.tenant.pulled import Pulled, damaged, from_document
from headwater.tenant.registry import TenantRegistry

if TYPE_CHECKING:
    from headwater.connectors.registry import Registry
    from headwater.flowservice import FlowService
    from headwater.tenant.pulled import Tenant


def path_of(tenant: Tenant) -> Path:
    """Return where a tenant's specifications are kept."""
    return Path(folder()) / f"{tenant.key}{SUFFIX}"


def pull(
    service: FlowService, tenant: Tenant, *, profile: str, registry: Registry
) -> Pulled:
    """Ask for all connection specifications, in one request, and keep them in the place of those pulled before.

    Raises what the request raises, and `InvalidInput` where the file cannot be written; what was kept then stays.
    """
    specs = service.connection_specs.list()
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    pulled = Pulled(tenant=tenant, profile=profile, pulled_at=moment, specs=specs)
    connectors = TenantRegistry(registry, pulled).all()[0]
    pulled = attrs.evolve(
        pulled,
        known={
            str(one.spec.id): one.slug
            for one in connectors
            if one.spec.id and not one.from_tenant
        },
    )
    path = path_of(tenant)
    problem = documents.replace(path, json.dumps(pulled.document()))
    if problem:
        raise InvalidInput(
            f"the pulled specifications cannot be kept at {path} ({problem})",
            remedy=f"check the permissions of its folder, or name another folder with {VARIABLE}",
        )
    return pulled


def read(tenant: Tenant) -> Pulled | None:
    """Return what was pulled from a tenant, or None where nothing was.

    Raises `InvalidInput` for a file that cannot be read or used, naming it.
    """
    path = path_of(tenant)
    document, problem = None, ""
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        problem = error.strerror or type(error).__name__
    except (ValueError, RecursionError):
        pass  # no document, which is a damaged one
    if problem:
        raise InvalidInput(
            f"{path} cannot be read ({problem})", remedy="check its permissions"
        )
    pulled = from_document(document, str(path))
    if pulled.tenant != tenant:
        raise damaged(
            str(path)
        )  # somebody has renamed or copied a file: it tells of another tenant
    return pulled


def forget(tenant: Tenant) -> bool:
    """Remove what was pulled from a tenant; say whether there was anything. Raises `InvalidInput` where it stays."""
    path = path_of(tenant)
    problem = ""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        problem = error.strerror or type(error).__name__
    if problem:
        raise InvalidInput(
            f"{path} cannot be removed ({problem})",
            remedy="check the permissions of its folder",
        )
    return True
