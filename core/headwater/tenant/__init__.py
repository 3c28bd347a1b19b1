"""What a tenant says of its sources: its connection specifications, pulled once, kept, and made into connectors.

Nothing here is imported while nothing was pulled; `place` alone can tell, and it costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.lazy import lazily

if TYPE_CHECKING:
    from headwater.tenant.keeping import forget, pull, read
    from headwater.tenant.pulled import Pulled, Tenant
    from headwater.tenant.registry import TenantRegistry

_HOME = {
    "Pulled": "pulled",
    "Tenant": "pulled",
    "TenantRegistry": "registry",
    "forget": "keeping",
    "pull": "keeping",
    "read": "keeping",
}

__all__ = ["Pulled", "Tenant", "TenantRegistry", "forget", "pull", "read"]


__getattr__ = lazily(__name__, _HOME)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
