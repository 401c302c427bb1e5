"""Mail by SES: the facts as text, the documents attached."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from email.message import EmailMessage

from reports.delivery.aws import client, explained
from reports.delivery.base import Parcel


@dataclass(frozen=True)
class Mail:
    """From a verified address to some."""

    sender: str
    receivers: tuple[str, ...]
    repeatable = False

    @property
    def label(self) -> str:
        """Sender and receivers."""
        return f"ses://{self.sender}/{','.join(self.receivers)}"

    @property
    def identity(self) -> str:
        """Sender and receivers."""
        return self.label

    def send(self, parcel: Parcel) -> None:
        """Sends one message to all receivers."""
        with explained(self.label):
            client("ses").send_raw_email(
                Source=self.sender,
                Destinations=list(self.receivers),
                RawMessage={"Data": bytes(self.message(parcel))},
            )

    def message(self, parcel: Parcel) -> EmailMessage:
        """The whole message; headers cannot be broken out of, `EmailMessage` refuses line ends."""
        message = EmailMessage()
        message["Subject"] = parcel.subject
        message["From"] = self.sender
        message["To"] = ", ".join(self.receivers)
        message.set_content("\n".join(parcel.lines) + "\n")
        for name, content in parcel.files.items():
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            main, _, sub = kind.partition("/")
            message.add_attachment(content, maintype=main, subtype=sub, filename=name)
        return message
