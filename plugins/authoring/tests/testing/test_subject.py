"""A subject is the installed connector that users get, or that of one distribution."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

import pytest
from testing.wrong import RIGHT, installed, put

from headwater_authoring.testing import ConformanceFailure, slugs_of, subject_of

if TYPE_CHECKING:
    from pathlib import Path


def test_a_connector_takes_the_place_of_the_catalogues_unless_the_distribution_is_named() -> (
    None
):
    slug = "oracle-service-cloud"
    ours, catalogues = (
        subject_of(slug),
        subject_of(slug, distribution="headwater-adobe-catalog"),
    )
    assert ours.connector.distribution.name == "headwater-oracle-service-cloud"
    assert catalogues.connector.distribution.name == "headwater-adobe-catalog"
    assert ours.connector is ours.connector
    assert ours.load() is not ours.connector


def test_a_distribution_lists_what_it_brings() -> None:
    assert slugs_of("headwater-oracle-service-cloud") == ("oracle-service-cloud",)
    catalog = importlib.metadata.distribution("headwater-adobe-catalog").entry_points
    assert slugs_of("headwater-adobe-catalog") == tuple(sorted(catalog.names))


def test_a_slug_that_two_distributions_claim_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(RIGHT, tmp_path, monkeypatch)
    with pytest.raises(
        ConformanceFailure,
        match=r"registered by two distributions: acme_desk_.*, acme_desk_",
    ):
        installed(RIGHT, tmp_path, monkeypatch)


def test_what_is_missing_is_named_with_the_nearest_and_the_command() -> None:
    with pytest.raises(
        ConformanceFailure,
        match=r"pip install -e \..*did you mean oracle-service-cloud\?",
    ):
        subject_of("oracle-servce-cloud")
    with pytest.raises(
        ConformanceFailure, match="headwater-adobe-catalog has no connector named acme"
    ):
        subject_of("acme", distribution="headwater-adobe-catalog")
    with pytest.raises(
        ConformanceFailure, match="distribution no-such-thing is not installed"
    ):
        slugs_of("no-such-thing")
