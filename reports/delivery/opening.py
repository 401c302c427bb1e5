"""A target from its text: what `--deliver` takes."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from reports.delivery.base import Target
from reports.delivery.folder import Folder
from reports.delivery.mail import Mail
from reports.delivery.s3 import Bucket
from reports.delivery.sns import Topic
from reports.delivery.webhook import Webhook
from stormtrail.errors import UsageError

_LOCAL = {"localhost", "127.0.0.1", "::1"}


def open_target(text: str) -> Target:
    """The target of a folder's path, s3://, ses://FROM/TO, an SNS topic's ARN, or https://.

    Nothing is opened yet. UsageError for anything else; it does not repeat a webhook's secret.
    """
    if text.startswith("arn:") and ":sns:" in text:
        return Topic(text)
    parts = urlsplit(text)
    if parts.scheme == "s3":
        return Bucket(parts.netloc, parts.path.strip("/"))
    if parts.scheme == "ses":
        return _mail(text)
    if parts.scheme in {"http", "https"}:
        return _webhook(text, parts.scheme, parts.hostname or "")
    if "://" in text or text.startswith("arn:"):
        hint = "a folder, s3://…, ses://FROM/TO, an SNS topic's ARN or https://…"
        raise UsageError(f"{parts.scheme or 'it'} is no known target", where="--deliver", hint=hint)
    return Folder(Path(text))


def _mail(text: str) -> Mail:
    sender, _, receivers = text.removeprefix("ses://").partition("/")
    addresses = tuple(filter(None, receivers.split(",")))
    if not addresses or not all("@" in address for address in (sender, *addresses)):
        hint = "ses://FROM/TO,TO with whole addresses"
        raise UsageError("sender or receivers are missing", where="--deliver", hint=hint)
    return Mail(sender, addresses)


def _webhook(text: str, scheme: str, host: str) -> Webhook:
    if scheme == "http" and host not in _LOCAL:
        hint = "use https://"
        raise UsageError("a webhook in the clear shows its secret", where="--deliver", hint=hint)
    return Webhook(text, host)
