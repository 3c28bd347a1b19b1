"""The page about running a server has proxies hand on whatever the service answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from falcon.inspect import inspect_routes

from headwater_local_flow_service import Settings
from headwater_local_flow_service.app import build_app
from headwater_local_flow_service.landing.blob_uploads import LARGEST_BLOB

PAGE = Path(__file__).parents[3] / "docs" / "run-as-a-server.md"


@pytest.mark.parametrize(
    ("start", "form"), [("location ~ ^/(", "{}"), ("@api path ", "/{}")]
)
def test_every_path_of_the_service_is_handed_on(
    tmp_path: Path, start: str, form: str
) -> None:
    [line] = [
        line for line in PAGE.read_text(encoding="utf-8").splitlines() if start in line
    ]
    app = build_app(Settings(store=str(tmp_path / "local.db")))
    roots = {route.path.split("/")[1] for route in inspect_routes(app)}
    app.close()
    assert {"data", "ims", "health", "collection", "headwater"} <= roots
    assert [root for root in sorted(roots) if form.format(root) not in line] == []


def test_the_largest_file_of_a_landing_zone_is_told() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert f"{LARGEST_BLOB >> 20:,} MiB in one request" in text
    assert f"client_max_body_size {LARGEST_BLOB >> 20}m;" in text
