"""Handing a report over: to a folder, S3, SNS, SES or a webhook, each behind one small interface."""

from reports.delivery.base import Parcel, Target
from reports.delivery.opening import open_target
from reports.delivery.retry import hand_over

__all__ = ["Parcel", "Target", "hand_over", "open_target"]
