"""The conformance suite as a test class: a connector's test file subclasses it in three lines."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from headwater.errors import PluginError
from headwater_authoring.testing import checks
from headwater_authoring.testing.embedded import embedded_service
from headwater_authoring.testing.failures import ConformanceFailure
from headwater_authoring.testing.subject import Subject, slugs_of, subject_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from headwater.flowservice import FlowService

_SERVICE = pytest.StashKey["FlowService"]()


class ConnectorConformance:
    """Every rule a connector must keep, one test for each.

    Say which connectors: `slug` for one, `slugs` for several, or `distribution` for all that it brings (with `slugs`:
    those of it, even where another distribution's connector takes their place for users). `examples`,
    `public_fields` and `reshaped_fields` are those of `headwater.testing.Subject`; for several connectors, `examples`
    maps slugs to theirs.
    """

    slug: ClassVar[str] = ""
    slugs: ClassVar[Sequence[str]] = ()
    distribution: ClassVar[str] = ""
    examples: ClassVar[Mapping[str, Any]] = {}
    public_fields: ClassVar[Collection[str]] = ()
    reshaped_fields: ClassVar[Collection[str]] = ()

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run each test once for every connector."""
        if "subject" in metafunc.fixturenames:
            metafunc.parametrize("subject", self._slugs(), indirect=True)

    @classmethod
    def _slugs(cls) -> tuple[str, ...]:
        if cls.slug:
            return (cls.slug,)
        slugs = tuple(cls.slugs)
        if not slugs and cls.distribution:
            try:
                slugs = slugs_of(cls.distribution)
            except ConformanceFailure as failure:
                raise pytest.UsageError(f"{cls.__name__}: {failure}") from None
        if not slugs:
            raise pytest.UsageError(
                f"{cls.__name__} names no connector to check; set slug, slugs or distribution, and install it"
            )
        stray = sorted(set(cls.examples) - set(slugs))
        if stray:
            raise pytest.UsageError(
                f"examples of {cls.__name__} are for connectors that it does not check: {', '.join(stray)}"
            )
        return slugs

    @pytest.fixture
    def subject(self, request: pytest.FixtureRequest) -> Subject:
        """Return the connector to check, not loaded yet."""
        examples = self.examples
        if not self.slug:
            examples = examples.get(request.param, {})
        return subject_of(
            request.param,
            distribution=self.distribution,
            examples=examples,
            public_fields=self.public_fields,
            reshaped_fields=self.reshaped_fields,
        )

    @pytest.fixture
    def loaded(self, subject: Subject) -> Subject:
        """Return the connector to check, loaded; one that does not load fails in a single test."""
        try:
            _ = subject.connector
        except PluginError:
            pytest.skip(f"{subject.slug} does not load")
        return subject

    @pytest.fixture
    def service(
        self, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
    ) -> FlowService:
        """Return a client of the embedded Flow Service, one for the whole run."""
        if _SERVICE not in pytestconfig.stash:
            leaving = contextlib.ExitStack()
            pytestconfig.add_cleanup(leaving.close)
            folder = tmp_path_factory.mktemp("conformance")
            pytestconfig.stash[_SERVICE] = leaving.enter_context(
                embedded_service(folder)
            )
        return pytestconfig.stash[_SERVICE]

    def test_it_loads_and_answers_the_same_each_time(self, subject: Subject) -> None:
        """See `checks.check_loads`."""
        checks.check_loads(subject)

    def test_its_facts_are_typed_and_complete(self, loaded: Subject) -> None:
        """See `checks.check_facts`."""
        checks.check_facts(loaded)

    def test_its_fields_agree_with_themselves_and_secrets_are_marked(
        self, loaded: Subject
    ) -> None:
        """See `checks.check_fields`."""
        checks.check_fields(loaded)

    def test_its_schemas_say_what_its_fields_say(self, loaded: Subject) -> None:
        """See `checks.check_schemas`."""
        checks.check_schemas(loaded)

    def test_a_valid_example_of_each_authentication_is_accepted(
        self, loaded: Subject
    ) -> None:
        """See `checks.check_examples_accepted`."""
        checks.check_examples_accepted(loaded)

    def test_every_single_field_corruption_is_refused_by_name(
        self, loaded: Subject
    ) -> None:
        """See `checks.check_corruptions_refused`."""
        checks.check_corruptions_refused(loaded)

    def test_its_connections_are_read_back_masked_or_refused_with_the_reason(
        self, loaded: Subject, service: FlowService
    ) -> None:
        """See `checks.check_connections`."""
        checks.check_connections(loaded, service)

    def test_no_secret_shows_anywhere(
        self, loaded: Subject, service: FlowService
    ) -> None:
        """See `checks.check_no_leaks`."""
        checks.check_no_leaks(loaded, service)

    def test_its_reader_opens_without_sending_and_fails_as_it_should(
        self, loaded: Subject
    ) -> None:
        """See `checks.check_reader`."""
        checks.check_reader(loaded)

    @pytest.fixture
    def source(self) -> Mapping[str, Any] | None:
        """Return credentials that reach a source with rows in it; to be overridden, with a fake of one at best."""
        return None

    def test_its_reader_answers_in_text_and_in_json_under_its_columns(
        self, loaded: Subject, source: Mapping[str, Any] | None
    ) -> None:
        """See `checks.check_answers`."""
        if source is None and loaded.connector.readable:
            pytest.skip("there is no source to ask: override the fixture `source`")
        checks.check_answers(loaded, source)

    def test_importing_it_is_cheap_and_changes_nothing(self, subject: Subject) -> None:
        """See `checks.check_import`."""
        checks.check_import(subject)
