"""An opaque secret value, and structures that hold some."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, final

from headwater.lazy import forward_renamed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MASK = "******"

# Former names forward for one minor version; type checkers refuse them.
if not TYPE_CHECKING:
    __getattr__ = forward_renamed(
        __name__, {"masked": "mask", "revealed": "reveal_all", "resealed": "reseal"}
    )


@final
class Secret:
    """A value that prints as ``******`` wherever it goes; `reveal` is the only way in.

    Not a ``str`` and not an attrs class on purpose: string functions, ``json.dumps``, ``pickle`` and
    ``attrs.asdict`` would all carry the value out without anyone having asked for it.
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

    def __setattr__(self, _name: str, _value: object) -> NoReturn:
        raise AttributeError("a secret cannot be changed")

    def __delattr__(self, _name: str) -> NoReturn:
        raise AttributeError("a secret cannot be changed")


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

    return _map_leaves(value, mask_leaf)


def reveal_all(value: Any) -> Any:
    """Return the same structure with every `Secret` replaced by its value: for the wire, and for ``--reveal``."""

    def reveal_leaf(leaf: Any) -> Any:
        return leaf.reveal() if isinstance(leaf, Secret) else leaf

    return _map_leaves(value, reveal_leaf)


def seal_strings(value: Any) -> Any:
    """Return the same structure with every string as a `Secret`, for what stands where a secret belongs."""

    def seal_leaf(leaf: Any) -> Any:
        return Secret(leaf) if isinstance(leaf, str) else leaf

    return _map_leaves(value, seal_leaf)


def reseal(value: Any, secrets: Iterable[Secret]) -> Any:
    """Return the same structure with every string that contains one of the secrets turned into a `Secret` itself."""
    plain = [secret.reveal() for secret in secrets if secret]

    def seal_leaf(leaf: Any) -> Any:
        if not isinstance(leaf, str):
            return leaf
        if any(secret in leaf for secret in plain):
            return Secret(leaf)
        return leaf

    return _map_leaves(value, seal_leaf)


def _map_leaves(value: Any, change: Callable[[Any], Any]) -> Any:
    """Apply a change to every leaf of nested mappings and sequences; sequences become lists, as JSON has them."""
    if isinstance(value, dict):
        return {key: _map_leaves(item, change) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_map_leaves(item, change) for item in value]
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
