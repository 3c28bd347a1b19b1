"""An opaque secret value, and structures that hold some."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MASK = "******"


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
    """Say whether a text is a mask copied from somebody's output rather than a value."""
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


def masked(value: Any) -> Any:
    """Return the same structure with every `Secret` replaced by the mask, fit for JSON."""
    return _replaced(value, lambda _secret: MASK)


def revealed(value: Any) -> Any:
    """Return the same structure with every `Secret` replaced by its value: for the wire, and for ``--reveal``."""
    return _replaced(value, Secret.reveal)


def resealed(value: Any, secrets: Iterable[Secret]) -> Any:
    """Return the same structure with every text that contains one of the secrets made a `Secret` itself."""
    values = [secret.reveal() for secret in secrets if secret]

    def seal(text: Any) -> Any:
        return (
            Secret(text)
            if isinstance(text, str) and any(value in text for value in values)
            else text
        )

    return _mapped(value, seal)


def _replaced(value: Any, replace: Callable[[Secret], str]) -> Any:
    return _mapped(
        value, lambda leaf: replace(leaf) if isinstance(leaf, Secret) else leaf
    )


def _mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """Apply a change to every leaf of nested mappings and sequences."""
    if isinstance(value, dict):
        return {key: _mapped(item, change) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_mapped(item, change) for item in value]
    return change(value)


def in_bytes(text: str) -> bytes:
    """Return a text as UTF-8, whatever it holds: half a surrogate pair must not make comparing or cleaning fail."""
    return text.encode("utf-8", "surrogatepass")


def has_unpaired_surrogate(text: str) -> bool:
    """Say whether a string contains an unpaired surrogate: it is not valid UTF-8, so no request can carry it."""
    return any("\ud800" <= char <= "\udfff" for char in text)
