"""An opaque secret value, and structures that hold some."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn, final

from headwater.lazy import forward_renamed

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator

MASK = "******"
# characters; anything shorter occurs in ordinary words, so cutting it out would hide nothing
SHORTEST = 4

# Former names forward for one minor version; type checkers refuse them.
if not TYPE_CHECKING:
    __getattr__ = forward_renamed(
        __name__, {"masked": "mask", "revealed": "reveal_all", "resealed": "reseal"}
    )


@final
class Secret:
    """A value that prints as ``******`` wherever it goes; `reveal` is the only way in.

    Not a ``str`` and not an attrs class on purpose: string functions, ``json.dumps``, ``pickle`` and
    ``attrs.asdict`` would all carry the value out without anyone having asked for it. Copies, deep ones too, are the
    same object; pickling and reading its state are refused, so another process gets a reference or the revealed value.
    """

    __slots__ = ("_value",)
    _value: str

    def __init__(self, value: str) -> None:
        if not isinstance(value, str):
            raise TypeError("a secret is made from a str")
        object.__setattr__(self, "_value", value)

    def reveal(self) -> str:
        """Return the value itself. Callers hand it to the wire and to nothing else."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        import hmac  # seldom needed, and not cheap to import

        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(in_bytes(self._value), in_bytes(other._value))

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __bool__(self) -> bool:
        return bool(self._value)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, _memo: object) -> Secret:
        return self

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("a secret cannot be pickled")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled")

    def __getstate__(self) -> NoReturn:
        raise TypeError("the state of a secret cannot be read")

    def __setattr__(self, _name: str, _value: object) -> NoReturn:
        raise AttributeError("a secret cannot be changed")

    def __delattr__(self, _name: str) -> NoReturn:
        raise AttributeError("a secret cannot be changed")


class Unshown(dict[str, Any]):
    """A dict that prints the names of its members and no value: credentials that are not sealed yet.

    Functions that can raise keep them so, since debuggers and error trackers print the locals of every frame.
    """

    def __repr__(self) -> str:
        return f"<values of {', '.join(map(str, self))}>"

    __str__ = __repr__


def is_mask(value: str) -> bool:
    """Say whether a string is a mask copied from somebody's output rather than a value."""
    return bool(value) and not value.strip("*")


def secrets_in(value: Any) -> Iterator[Secret]:
    """Yield every `Secret` inside nested mappings and sequences."""
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from secrets_in(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from secrets_in(item)


def mask(value: Any) -> Any:
    """Return the same structure with every `Secret` replaced by the mask, fit for JSON."""

    def mask_leaf(leaf: Any) -> Any:
        return MASK if isinstance(leaf, Secret) else leaf

    return map_leaves(value, mask_leaf)


def reveal_all(value: Any) -> Any:
    """Return the same structure with every `Secret` replaced by its value: for the wire, and for ``--reveal``."""

    def reveal_leaf(leaf: Any) -> Any:
        return leaf.reveal() if isinstance(leaf, Secret) else leaf

    return map_leaves(value, reveal_leaf)


def seal_strings(value: Any) -> Any:
    """Return the same structure with every string as a `Secret`, for what stands where a secret belongs."""

    def seal_leaf(leaf: Any) -> Any:
        return Secret(leaf) if isinstance(leaf, str) else leaf

    return map_leaves(value, seal_leaf)


def reseal(value: Any, secrets: Iterable[Secret], known: Container[str] = ()) -> Any:
    """Return the same structure with every string that contains one of the secrets turned into a `Secret` itself.

    A string in `known` stays as it is: it was there before any secret was revealed, and is alike by chance. So does a
    longer one that has a secret of fewer than four characters within a word.
    """
    secrets = tuple(secrets)

    def seal_leaf(leaf: Any) -> Any:
        if not isinstance(leaf, str) or leaf in known:
            return leaf
        return Secret(leaf) if _contains(leaf, secrets) else leaf

    return map_leaves(value, seal_leaf)


def strings_in(value: Any) -> Iterator[str]:
    """Yield every string inside nested mappings and sequences, names of members left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from strings_in(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from strings_in(item)


def may_equal(ours: Any, theirs: Any) -> bool:
    """Say whether a value of ours may be another as an answer shows it: secrets, masks and what it leaves out pass."""
    if isinstance(ours, Secret) or (isinstance(theirs, str) and is_mask(theirs)):
        return True
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        return all(may_equal(ours.get(name), theirs[name]) for name in theirs)
    return bool(ours == theirs)


def _contains(text: str, secrets: Iterable[Secret]) -> bool:
    values = [secret.reveal() for secret in secrets if secret]
    return any(
        contains_short(text, value) if len(value) < SHORTEST else value in text
        for value in values
    )


def contains_short(text: str, value: str) -> bool:
    """Say whether a value that occurs within ordinary words stands in a text as a word of its own."""
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) is not None


def map_leaves(value: Any, change: Callable[[Any], Any]) -> Any:
    """Apply a change to every leaf of nested mappings and sequences; sequences become lists, as JSON has them."""
    if isinstance(value, dict):
        return {key: map_leaves(item, change) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [map_leaves(item, change) for item in value]
    return change(value)


def in_bytes(text: str) -> bytes:
    """Return a text as UTF-8, whatever it holds: half a surrogate pair must not make comparing or cleaning fail."""
    return text.encode("utf-8", "surrogatepass")


def has_unpaired_surrogate(text: str) -> bool:
    """Say whether a string contains an unpaired surrogate: it is not valid UTF-8, so no request can carry it."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False
