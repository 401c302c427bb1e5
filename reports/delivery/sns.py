"""An SNS topic: the facts as text; who wants the document takes it from S3 or mail."""

from __future__ import annotations

from dataclasses import dataclass

from reports.delivery.aws import client, explained
from reports.delivery.base import Parcel

_MOST_SUBJECT = 100
_MOST_BYTES = 200_000


@dataclass(frozen=True)
class Topic:
    """The topic's ARN; a FIFO topic drops the same parcel's second message by itself."""

    arn: str

    @property
    def repeatable(self) -> bool:
        """Only FIFO topics know a message again."""
        return self.arn.endswith(".fifo")

    @property
    def label(self) -> str:
        """The topic's ARN."""
        return self.arn

    @property
    def identity(self) -> str:
        """The topic's ARN."""
        return self.arn

    def send(self, parcel: Parcel) -> None:
        """Publishes subject and lines."""
        subject = parcel.subject.encode("ascii", "replace").decode()[:_MOST_SUBJECT]
        message = "\n".join(parcel.lines).encode()[:_MOST_BYTES].decode(errors="ignore")
        fifo = {"MessageGroupId": "stormtrail", "MessageDeduplicationId": parcel.key}
        with explained(self.label):
            client("sns", self.arn.split(":")[3]).publish(
                TopicArn=self.arn,
                Subject=subject,
                Message=message,
                **(fifo if self.repeatable else {}),
            )
