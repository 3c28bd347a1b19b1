"""The package's front: lazy names, and an `Endpoint` that costs nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

import headwater.flowservice


def test_an_endpoint_is_built_without_requests_or_tenacity() -> None:
    program = (
        "import sys; from headwater.flowservice import Endpoint, Reference;"
        "Endpoint(url='https://a.example', org_id='o', sandbox='s', api_key='k', access_token='t-12345');"
        "sys.exit(bool({'requests', 'tenacity', 'urllib3'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("name", headwater.flowservice.__all__)
def test_every_public_name_resolves(name: str) -> None:
    assert getattr(headwater.flowservice, name).__name__ == name


def test_public_names_are_sorted_and_an_unknown_one_is_an_attribute_error() -> None:
    assert sorted(headwater.flowservice.__all__) == headwater.flowservice.__all__
    assert set(headwater.flowservice.__all__) <= set(dir(headwater.flowservice))
    with pytest.raises(AttributeError):
        _ = headwater.flowservice.Nothing
