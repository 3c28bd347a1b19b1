"""What tells one resource from another: its rules, apart from the requests that reach it."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.kernel import transitions
from headwater_local_flow_service.kernel.audit import audit_block, reference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headwater_local_flow_service.gateway.gateway import Caller
    from headwater_local_flow_service.kernel.service_context import ServiceContext
    from headwater_local_flow_service.listing.views import View
    from headwater_local_flow_service.store.marks import Marks
    from headwater_local_flow_service.store.store import Record, Rows


ENABLED = "enabled"
DISABLED = "disabled"
DRAFT = "draft"


@attrs.frozen(kw_only=True)
class Content:
    """What a row will hold: the document as it may be read, its sealed secrets and their paths, and a warning.

    A kind may have a content of its own, with what it has read out of the body and still needs to complete the row.
    """

    document: dict[str, Any] = attrs.field(repr=False)
    secrets: bytes | None = attrs.field(default=None, repr=False)
    marks: Marks = ()
    warning: str = ""


@attrs.frozen(kw_only=True)
class Creation:
    """The circumstances of a create."""

    id: str
    caller: Caller
    draft: bool = False


@attrs.frozen(kw_only=True)
class Operation:
    """One call of ``/action``: `name` in lower case with dashes, `status` the optional body.

    `strict` says that a sub-operation where none belongs is refused.
    """

    name: str
    sub_operations: tuple[str, ...]
    status: dict[str, Any]
    caller: Caller
    strict: bool = False


class ResourceKind(abc.ABC):
    """One resource: what it may consist of, what it refers to, which states it goes through.

    `type` is the collection's name in paths and refusals. Methods raise `FlowError` with the code for what is wrong.
    Those that get `rows` run inside the transaction that writes, those without run before it.
    """

    type: ClassVar[str]
    view: ClassVar[View]

    def __init__(self, context: ServiceContext) -> None:
        self.context = context

    @property
    def busy_reads(self) -> int:
        """For how many reads a change keeps an object busy."""
        return self.context.settings.strictness.async_states

    @abc.abstractmethod
    def validate_new(self, body: dict[str, Any], creation: Creation) -> Content:
        """Check the body of a create, and return what is to be stored."""

    @abc.abstractmethod
    def validate_change(
        self, record: Record, document: dict[str, Any], body: Any
    ) -> Content:
        """Check a patched document; `body` is the patch, `document` what came of it, secrets in clear."""

    def open_to_patch(self, record: Record, body: Any) -> dict[str, Any]:  # noqa: ARG002
        """Return the document that a patch is applied to."""
        return self.unseal(record)

    def unseal(self, record: Record) -> dict[str, Any]:
        """Return a row's document as a patch sees it: with its secrets in clear."""
        return record.document

    def refers_to(self, document: dict[str, Any]) -> Iterable[str]:  # noqa: ARG002
        """Return the ids of other rows that a document names."""
        return ()

    def complete(self, rows: Rows, record: Record, content: Any) -> Record:  # noqa: ARG002
        """Check a new or changed row against the rows it refers to, and complete it.

        `content` is what this kind's `validate_new` or `validate_change` returned for the row.
        """
        return record

    def check_deletable(self, rows: Rows, record: Record) -> None:  # noqa: B027 - most resources are always deletable
        """Refuse to delete what others still need."""

    def remove_dependents(self, rows: Rows, record: Record) -> None:  # noqa: B027 - most resources own nothing
        """Remove what goes with a row that is deleted."""

    def act(self, rows: Rows, record: Record, operation: Operation) -> Record:  # noqa: ARG002
        """Return the row an action makes of this one; with another id it is a new row beside it."""
        raise FlowError(
            "FLOW-1434-400",
            "op is not an operation of this resource",
            id=record.id,
            type=self.type,
        )

    def render(self, record: Record) -> dict[str, Any]:
        """Return an item as it is read: audit block first, then what the caller sent, secrets masked."""
        return {
            **audit_block(record),
            **transitions.visible_document(record),
            "state": transitions.state_name(record),
            "version": record.etag,
            "etag": record.etag,
        }

    def creation_answer(self, record: Record) -> dict[str, Any]:
        """Return what a create answers."""
        return reference(record)

    def first_state(self, creation: Creation) -> str:
        """Return the state of a new row."""
        return DRAFT if creation.draft else ENABLED
