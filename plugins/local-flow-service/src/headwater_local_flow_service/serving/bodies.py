"""Reading a request's body within bounds of size, time and memory, before any thread is taken for it."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import attrs

from headwater.foreign import raise_bare
from headwater_local_flow_service.errors import FlowError, too_large, unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from granian._granian import RSGIHTTPProtocol as HTTPProtocol
    from granian.rsgi import Scope

    from headwater_local_flow_service.settings import Settings

_SECONDS: Final = 10  # in which a JSON body must be here whole
_HELD: Final = 64 << 20  # bytes of larger bodies that are held at once
_SMALL: Final = 64 << 10  # bytes of a body that always find room


@attrs.frozen
class BodyRule:
    """How large a body may be, and how long all of it may take."""

    largest: int  # bytes
    seconds: float


def rules_for(settings: Settings) -> tuple[tuple[re.Pattern[str], BodyRule], ...]:
    """Return which rule goes for the paths that match a pattern from their beginning; the first one counts."""
    return ((re.compile("/"), BodyRule(settings.largest_body, _SECONDS)),)


class BodyReader:
    """Reads the bodies of one worker; what it holds of larger ones is bounded."""

    def __init__(self, rules: tuple[tuple[re.Pattern[str], BodyRule], ...]) -> None:
        self._rules = rules
        self._held = 0

    @asynccontextmanager
    async def read(self, scope: Scope, protocol: HTTPProtocol) -> AsyncIterator[bytes]:
        """Hold the whole body while the block runs. Raises `FlowError` where it breaks a rule, or breaks off."""
        announced = _announced(scope)
        if announced == 0:
            yield b""
            return
        rule = self._rule_of(scope.path)
        if announced is not None and announced > rule.largest:
            raise too_large(rule.largest)
        body = bytearray()
        try:
            await self._fill(body, protocol, rule)
            if announced is not None and len(body) != announced:
                raise _broken_off()
            yield bytes(body)
        finally:
            self._held -= _counted(body)

    def _rule_of(self, path: str) -> BodyRule:
        return next(rule for pattern, rule in self._rules if pattern.match(path))

    async def _fill(
        self, body: bytearray, protocol: HTTPProtocol, rule: BodyRule
    ) -> None:
        try:
            async with asyncio.timeout(rule.seconds):
                await self._collect(body, protocol, rule.largest)
        except TimeoutError:
            text = f"the body was not here whole within {rule.seconds:g} seconds"
            # The rest may never come, so nothing else is read from this connection.
            close = {"Connection": "close"}
            raise_bare(FlowError("CONNECTOR-1006-408", text, headers=close))

    async def _collect(
        self, body: bytearray, protocol: HTTPProtocol, largest: int
    ) -> None:
        has_ended = False
        async for piece in protocol:
            # granian hands over one empty piece at the end, and one more before it where the line broke.
            if has_ended:
                raise _broken_off()
            has_ended = not piece
            self._held -= _counted(body)
            body += piece
            self._held += _counted(body)
            if len(body) > largest:
                raise too_large(largest)
            if self._held > _HELD:
                raise unavailable(
                    "too many large bodies are under way; try again later"
                )


def _announced(scope: Scope) -> int | None:
    """Return the length of the body, or None where it comes in chunks."""
    if "transfer-encoding" in scope.headers:
        return None
    return int(scope.headers.get("content-length", "0"))


def _counted(body: bytearray) -> int:
    return max(0, len(body) - _SMALL)


def _broken_off() -> FlowError:
    return FlowError("HEADWATER-1000-400", "the body broke off before its end")
