"""A patch of credentials that keeps stored secrets: what it may not change beside them.

Whoever may patch a connection need not know its secrets. Kept ones go on to where they went, under the specification
they were given for, or they are given anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.secret import is_mask
from headwater_local_flow_service.connections import destinations
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.kernel import patching
from headwater_local_flow_service.store import marks

if TYPE_CHECKING:
    from headwater_local_flow_service.connections.connection_document import Auth
    from headwater_local_flow_service.store.marks import Marks
    from headwater_local_flow_service.store.store import Record


def check(record: Record, auth: Auth, body: Any, *, strict: bool) -> str:
    """Refuse a patch that changes what its kept secrets stand under. Raises `FlowError`.

    Returns what to warn of: unless `strict`, a changed destination is let pass, for tests where nothing is protected.
    """
    secret = marks.select_present(auth.params, auth.marks)
    _check_no_mask(auth, secret)
    kept = [path for path in secret if not _is_given(body, path)]
    if not kept:
        return ""
    remedy = f"send {_list(secret)} with it, all in one patch"
    if _is_respecified(record, auth, kept):
        raise _refusal(
            "the specification these secrets were given for is another one now", remedy
        )
    destination = _find_destination(record, auth)
    if not destination:
        return ""
    text = f"auth.params.{destination} decides where the secrets are sent"
    if strict:
        raise _refusal(text, remedy)
    return f"{text}; they were kept, which is refused with clients and with demand_secrets_anew"


def needs_none(record: Record, body: Any) -> bool:
    """Say whether a patch gives every secret anew, or leaves the credentials alone. Raises `FlowError` for no patch."""
    operations = patching.read_operations(body)
    if not patching.touches(operations, "auth"):
        return True
    params = record.document.get("auth", {}).get("params") or {}
    secret = marks.select_present(params, record.marks)
    return all(_is_given(operations, path) for path in secret)


def _is_respecified(record: Record, auth: Auth, kept: list[tuple[str, ...]]) -> bool:
    """Say whether the secrets would come under another name, or under a specification that shows them."""
    if record.document.get("auth", {}).get("specName") != auth.spec_name:
        return True
    found = marks.find(auth.specs, auth.params)
    return not all(marks.covers(found, path) for path in kept)


def _find_destination(record: Record, auth: Auth) -> str:
    before = record.document.get("auth", {}).get("params") or {}
    return destinations.find_changed(auth.specs, before, auth.params, auth.marks)


def _check_no_mask(auth: Auth, secret: Marks) -> None:
    """Refuse a mask in the place of a secret, whatever today's specification takes it for. Raises `FlowError`."""
    for path in secret:
        value = marks.read(auth.params, path)
        if isinstance(value, str) and is_mask(value):
            raise FlowError(
                "CONNECTOR-1312-400",
                f"{_list((path,))} is a mask copied from output; send the secret itself, or leave it as it is",
            )


def _is_given(body: Any, path: tuple[str, ...]) -> bool:
    return patching.gives(body, ("auth", "params", *path))


def _list(paths: Marks) -> str:
    return ", ".join(f"auth.params.{'.'.join(path)}" for path in paths)


def _refusal(why: str, remedy: str) -> FlowError:
    return FlowError("CONNECTOR-1312-400", f"{why}: {remedy}")
