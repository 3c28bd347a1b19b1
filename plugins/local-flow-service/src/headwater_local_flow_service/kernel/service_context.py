"""What every kind of resource works with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater_local_flow_service.kernel.catalog import Catalog
    from headwater_local_flow_service.settings import Settings
    from headwater_local_flow_service.store.store import Store


@attrs.frozen(kw_only=True)
class ServiceContext:
    """Store, settings and catalogue of one service; the catalogue is loaded when a request first needs it."""

    store: Store
    settings: Settings
    catalog: Callable[[], Catalog]
