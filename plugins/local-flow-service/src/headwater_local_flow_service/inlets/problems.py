"""Refusals of inlets: problem objects ``{type, status, title, report}``, another shape than Flow Service's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.errors import FlowError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TYPE: Final = "http://ns.adobe.com/adobecloud/problem/data-collection-service/inlet"
_AUTHORIZATION: Final = (
    "https://ns.adobe.com/adobecloud/problem/data-collection-service-authorization"
)

INVALID: Final = "Message is invalid"
UNKNOWN_FORMAT: Final = "Message has unknown xdm format"
WRONG_ORGANIZATION: Final = "Message has an absent or wrong ims org in the header"

_TITLES: Final = {
    400: "Invalid XDM Message Format",
    401: "Authorization",
    403: "Authorization",
    404: "Inlet Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    413: "Payload Too Large",
    415: "Unsupported Media Type",
    429: "Too Many Requests",
    501: "Not Implemented",
    503: "Service Unavailable",
}


class InletError(FlowError):
    """A refusal of an inlet. `violations` say what is wrong with the message, one object each."""

    def __init__(
        self,
        status: int,
        text: str,
        *,
        violations: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"HEADWATER-1{status}-{status}", text, headers=headers)
        self.violations = tuple(violations)

    def body(self, request_id: str, *, legacy: bool = False) -> dict[str, Any]:  # noqa: ARG002 - one shape only
        """Return the problem object."""
        report: dict[str, Any] = {"message": self.text}
        if self.violations:
            report["cause"] = {"_streamingValidation": list(self.violations)}
        # The status of authorization is a string in Adobe's samples.
        is_authorization = self.status in (401, 403)
        return {
            "type": _AUTHORIZATION if is_authorization else _TYPE,
            "status": str(self.status) if is_authorization else self.status,
            "title": _TITLES.get(self.status, "Internal Server Error"),
            "report": report,
        }


def invalid(inlet: str, org: str, text: str, *reasons: str) -> InletError:
    """Return the refusal of a message; `text` is one of the sentences above, `reasons` are ours."""
    violations = [{"message": reason} for reason in reasons]
    return InletError(400, describe(inlet, org, text), violations=violations)


def describe(inlet: str, org: str, text: str) -> str:
    """Return a sentence about a message, with the inlet and the organization before it."""
    return f"inletId: [{inlet}] imsOrgId: [{org}] {text}"


def translate(error: FlowError) -> InletError:
    """Return an inlet's refusal in the place of Flow Service's: too large, too slow, unreadable, not now."""
    if isinstance(error, InletError):
        return error
    return InletError(error.status, error.text, headers=error.headers)
