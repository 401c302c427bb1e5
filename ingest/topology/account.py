"""What one account tells of its links, region by region; then of nodes that links led to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ingest.topology import links
from ingest.topology.access import Caller
from ingest.topology.document import Link, Trail


@dataclass
class Found:
    """Links and trails, each once; the first that is found stays, a trail with selectors wins."""

    links: dict[tuple[str, str], Link] = field(default_factory=dict)
    trails: dict[str, Trail] = field(default_factory=dict)

    def add(self, link: Link) -> None:
        """Takes a link."""
        self.links.setdefault(link.key, link)

    def add_trail(self, trail: Trail) -> None:
        """Takes a trail; an organization's trail is seen from each of its accounts."""
        known = self.trails.get(trail.arn)
        if known is None or not known.has_selectors:
            self.trails[trail.arn] = trail

    def join(self, other: Found) -> None:
        """Takes all of another."""
        for link in other.links.values():
            self.add(link)
        for trail in other.trails.values():
            self.add_trail(trail)

    def nodes(self, service: str) -> list[str]:
        """The ARNs of a service that links lead to, sorted."""
        return sorted(
            {link.target for link in self.links.values() if link.target.split(":")[2] == service}
        )


def read_account(caller: Caller, regions: tuple[str, ...]) -> Found:
    """Everything the account's own lists tell, in these regions and those of its trails' log groups."""
    found = Found()
    for region in regions:
        for read in (_trails, _groups, _destinations, _mappings, _delivery_streams, _rules):
            read(caller, region, found)
    for group in found.nodes("logs"):
        _, _, _, region, account, *_ = group.split(":")
        if ":log-group:" in group and account == caller.account and region not in regions:
            _subscriptions(caller, region, group, found)
    return found


def read_bucket(callers: list[Caller], region: str, bucket: str) -> Iterator[Link]:
    """A bucket's notifications, from the first account that may read them (its ARN names none)."""
    call, name = "s3:GetBucketNotification", bucket.split(":", 5)[5]
    for place, caller in enumerate(callers):
        last = place == len(callers) - 1
        answer = caller.ask(call, region, quiet=not last, Bucket=name)
        if answer:
            yield from links.of_bucket(bucket, answer, caller.told(call, region))
            return


def read_topic(caller: Caller, topic: str) -> Iterator[Link]:
    """A topic's subscriptions."""
    call, region = "sns:ListSubscriptionsByTopic", topic.split(":")[3]
    answers = caller.pages(call, region, "Subscriptions", TopicArn=topic)
    return links.of_topic(topic, answers, caller.told(call, region))


def _trails(caller: Caller, region: str, found: Found) -> None:
    told = caller.told("cloudtrail:DescribeTrails", region)
    for answer in caller.ask(told.call, region).get("trailList", ()):
        arn, home = answer["TrailARN"], answer.get("HomeRegion", region)
        for link in links.of_trail(answer, told):
            found.add(link)
        if arn not in found.trails or not found.trails[arn].has_selectors:
            # an organization's trail tells its selectors to its owner, not to every member
            foreign = arn.split(":")[4] != caller.account
            call = "cloudtrail:GetEventSelectors"
            chosen = caller.ask(call, home, quiet=foreign, TrailName=arn)
            found.add_trail(links.trail(answer, chosen, told))


def _groups(caller: Caller, region: str, found: Found) -> None:
    """Subscription filters of every log group, and the account's own policy over them."""
    answers = caller.pages("logs:DescribeLogGroups", region, "logGroups")
    here = f":logs:{region}:{caller.account}:log-group:"
    known = {group for group in found.nodes("logs") if here in group}
    fed = sorted(known)
    groups = sorted(known | {str(item["arn"]).removesuffix(":*") for item in answers})
    for group in groups:
        _subscriptions(caller, region, group, found)
    told = caller.told("logs:DescribeAccountPolicies", region)
    given = {"policyType": "SUBSCRIPTION_FILTER_POLICY"}
    for answer in caller.pages(told.call, region, "accountPolicies", **given):
        for link in links.of_account_policy(answer, fed, told):
            found.add(link)


def _subscriptions(caller: Caller, region: str, group: str, found: Found) -> None:
    told = caller.told("logs:DescribeSubscriptionFilters", region)
    name = group.split(":log-group:", 1)[1]
    answers = caller.pages(told.call, region, "subscriptionFilters", logGroupName=name)
    for link in links.of_subscriptions(group, answers, told):
        found.add(link)


def _destinations(caller: Caller, region: str, found: Found) -> None:
    told = caller.told("logs:DescribeDestinations", region)
    for answer in caller.pages(told.call, region, "destinations"):
        found.add(links.of_destination(answer, told))


def _mappings(caller: Caller, region: str, found: Found) -> None:
    told = caller.told("lambda:ListEventSourceMappings", region)
    for answer in caller.pages(told.call, region, "EventSourceMappings"):
        for link in links.of_mapping(answer, told):
            found.add(link)


def _delivery_streams(caller: Caller, region: str, found: Found) -> None:
    told = caller.told("firehose:DescribeDeliveryStream", region)
    for name in _stream_names(caller, region):
        answer = caller.ask(told.call, region, DeliveryStreamName=name)
        for link in (
            links.of_delivery_stream(answer["DeliveryStreamDescription"], told) if answer else ()
        ):
            found.add(link)


def _stream_names(caller: Caller, region: str) -> Iterator[str]:
    """Every delivery stream's name; this call's pages begin after a name, not at a token."""
    after: dict[str, Any] = {}
    while True:
        answer = caller.ask("firehose:ListDeliveryStreams", region, **after)
        names = answer.get("DeliveryStreamNames", [])
        yield from names
        if not names or not answer.get("HasMoreDeliveryStreams"):
            return
        after = {"ExclusiveStartDeliveryStreamName": names[-1]}


def _rules(caller: Caller, region: str, found: Found) -> None:
    """Rules that read CloudTrail, of every event bus; of the default one where buses may not be listed."""
    told = caller.told("events:ListTargetsByRule", region)
    buses = [
        str(bus["Name"]) for bus in caller.pages("events:ListEventBuses", region, "EventBuses")
    ]
    for bus in buses or ["default"]:
        for rule in caller.pages("events:ListRules", region, "Rules", EventBusName=bus):
            if links.reads_cloudtrail(rule):
                asked = {"Rule": rule["Name"], "EventBusName": bus}
                targets = caller.pages(told.call, region, "Targets", **asked)
                for link in links.of_rule(rule, targets, told):
                    found.add(link)
