"""A webhook that takes Slack's form: `{"text": …}`; Teams, Mattermost and others take it too."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from reports.delivery.base import Parcel
from stormtrail.errors import DeliveryError

_SECONDS = 15
_TOO_MANY, _SERVER_ERROR = 429, 500


class _NoRedirect(HTTPRedirectHandler):
    """A redirect would take the message to a place that nobody named."""

    def redirect_request(self, *args: object, **kwargs: object) -> None:
        """Follows nothing."""


@dataclass(frozen=True)
class Webhook:
    """The address is a secret: only its host is ever shown."""

    url: str = field(repr=False)
    host: str
    repeatable = False

    @property
    def label(self) -> str:
        """The host alone."""
        return f"webhook at {self.host}"

    @property
    def identity(self) -> str:
        """The whole address."""
        return self.url

    def send(self, parcel: Parcel) -> None:
        """Posts subject and lines as one text."""
        body = json.dumps({"text": slack_text(parcel)}).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": parcel.key}
        request = Request(self.url, body, headers, method="POST")  # noqa: S310 - checked before
        try:
            with _opener().open(request, timeout=_SECONDS):
                pass
        except HTTPError as error:
            again = error.code == _TOO_MANY or error.code >= _SERVER_ERROR
            error.close()
            raise DeliveryError(f"answered {error.code}", where=self.label, again=again) from None
        except (URLError, HTTPException, OSError) as error:
            reason = getattr(error, "reason", error)
            raise DeliveryError(f"not reached ({reason})", where=self.label) from None


def slack_text(parcel: Parcel) -> str:
    """The lines with Slack's three control characters escaped, so that nothing links or pings."""
    text = "\n".join((parcel.subject, *parcel.lines))
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _opener() -> OpenerDirector:
    return build_opener(_NoRedirect)
