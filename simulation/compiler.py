"""Compiles an organization into a plan."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from simulation import calls, identities, records, workloads
from simulation.organization import (
    Call,
    Function,
    LogSource,
    Organization,
    Relay,
    Shape,
    Stage,
    Workload,
)
from simulation.plan import HOUR, LONGEST, Coverage, Interval, Plan, Queue, Step, Work, covered
from simulation.templates import SERIAL, SHARED, Template, compile_record

_HOSTS = {"s3": "s3", "sns": "sns", "eventbridge": "events"}


def compile_plan(organization: Organization) -> Plan:
    """The tables of an organization."""
    return _Compiler(organization).compile()


class _Compiler:
    """Fills a plan."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization
        self.shape: Shape = organization.shape
        self.plan = Plan(organization)

    def compile(self) -> Plan:
        sources = self.organization.sources
        self.plan.queues = [Queue(s.arn, s.batching, (), s.delay) for s in sources]
        for index, source in enumerate(sources):
            steps = tuple(self._stage(stage, source, index, None, 1) for stage in source.stages)
            self.plan.queues[index] = Queue(source.arn, source.batching, steps, source.delay)
        self.plan.works = [self._work(workload) for workload in self.organization.workloads]
        changes = (records.change(item, self.shape) for item in self.organization.changes)
        self.plan.changes = [self._add(template) for template in changes]
        return self.plan

    def _add(self, template: Template) -> int:
        self.plan.templates.append(template)
        self.plan.coverage.append(self._coverage(template))
        return len(self.plan.templates) - 1

    def _coverage(self, template: Template) -> Coverage:
        recorded = list(covered(self.organization.archive, template))
        since, until = recorded[0] if recorded else (inf, -inf)
        feeds = tuple(
            (index, *interval)
            for index, source in enumerate(self.organization.sources)
            for interval in self._fed(source, template)
        )
        return Coverage(since, min(until, self.plan.seconds), feeds)

    def _fed(self, source: LogSource, template: Template) -> Iterator[Interval]:
        if source.only is not None and template.service not in source.only:
            return
        for trail in self.organization.trails:
            if trail.name in source.trails:
                for since, until in covered(trail, template):
                    yield max(since, source.since * HOUR - LONGEST), min(until, source.until * HOUR)

    def _work(self, workload: Workload) -> Work:
        recipe = workloads.recipe(workload, self.shape)
        steps = tuple((self._add(s.template), s.offset, s.chance, s.run) for s in recipe.steps)
        return Work(workload, steps, recipe.one_of)

    def _stage(
        self,
        stage: Stage,
        start: LogSource | Relay | Stage,
        source: int,
        caller: str | None,
        depth: int,
    ) -> Step:
        function = stage.function
        if function is None:
            return Step(calls=tuple(self._calls(stage)))
        self.plan.owners.setdefault(function.arn, set()).update({caller} if caller else ())
        known = self.plan.depths.get((function.arn, source), depth)
        self.plan.depths[function.arn, source] = min(known, depth)
        own = self.organization.sources
        return Step(
            **self._starts(stage, function, start),
            calls=tuple(self._calls(stage)),
            next=tuple(
                self._stage(inner, stage, source, function.arn, depth + 1) for inner in stage.next
            ),
            queues=tuple(
                self._relay(relay, source, function.arn, depth + 1) for relay in stage.relays
            ),
            lines=next((i for i, s in enumerate(own) if s.arn == stage.logs_to), -1),
            retries=stage.retries,
            lost_accepts=stage.lost_accepts,
            throttles=stage.throttles,
        )

    def _relay(self, relay: Relay, source: int, caller: str, depth: int) -> tuple[int, bool]:
        step = self._stage(relay.stage, relay, source, caller, depth)
        self.plan.queues.append(Queue(relay.queue, relay.batching, (step,)))
        return len(self.plan.queues) - 1, relay.per == "entry"

    def _calls(self, stage: Stage) -> Iterator[tuple[int, int, float]]:
        function = stage.function
        account = function.account if function else stage.account
        region = function.region if function else stage.region
        caller = (
            identities.function(function, self.shape)
            if function
            else identities.service(stage.service)
        )
        owner = function.arn if function else None
        for call in stage.calls:
            body = calls.api_call(call, caller, account, region, self.shape)
            other = _other_account(call, account) if self.shape.cross_account_copies else None
            if other:
                body["sharedEventID"] = SHARED
            index = self._add(compile_record(body, owner=owner, resource=call.resource))
            twin = -1
            if other:
                copy = compile_record(
                    body | {"recipientAccountId": other},
                    owner=owner,
                    resource=call.resource,
                    twin=True,
                )
                twin = self._add(copy)
            yield index, twin, call.per_run

    def _starts(
        self, stage: Stage, function: Function, start: LogSource | Relay | Stage
    ) -> dict[str, int]:
        if isinstance(start, Stage):
            return self._called(stage, function, start)
        if isinstance(start, Relay):
            return self._mapped(function, start.queue)
        if start.kind in ("sqs", "kinesis", "dynamodb"):
            return self._mapped(function, start.arn)
        if start.kind == "firehose":
            name = start.arn.rpartition("/")[2]
            return self._by_role(function, f"{name}-delivery", "AWSFirehose", "firehose")
        return self._asynchronous(function, start)

    def _asynchronous(self, function: Function, source: LogSource) -> dict[str, int]:
        host = self.shape.logs_host
        if source.kind in _HOSTS:
            host = f"{_HOSTS[source.kind]}.amazonaws.com"
        star = ":*" if source.kind == "cloudwatch_logs" and self.shape.star else ""
        accept = records.service_start(
            function, host, source.arn + star, source.account, self.shape
        )
        return {"accept": self._add(accept)} | self._executions(function)

    def _executions(self, function: Function) -> dict[str, int]:
        return {
            "execute": self._add(records.execution(function, self.shape, ran=True)),
            "throttled": self._add(records.execution(function, self.shape, ran=False)),
        }

    def _mapped(self, function: Function, arn: str) -> dict[str, int]:
        start = records.mapping_start
        return {
            "accept": self._add(start(function, arn, self.shape, ran=True)),
            "throttled": self._add(start(function, arn, self.shape, ran=False)),
        }

    def _by_role(self, function: Function, role: str, session: str, service: str) -> dict[str, int]:
        host = f"{service}.amazonaws.com"
        starts = (
            records.role_start(function, role, session, host, self.shape, ran=ran)
            for ran in (True, False)
        )
        accept, throttled = (self._add(start) for start in starts)
        return {"accept": accept, "throttled": throttled}

    def _called(self, stage: Stage, function: Function, caller: Stage) -> dict[str, int]:
        if caller.function is None:
            return {}
        who = identities.function(caller.function, self.shape)
        if stage.mode == "states":
            return self._through_states(function, caller.function)
        kind = "Event" if stage.mode == "async" else "RequestResponse"
        ran = stage.mode == "sync"
        start = records.call_start
        found = {
            "accept": self._add(start(function, who, kind, self.shape, ran=ran, recipient=None))
        }
        home = caller.function.account
        if self.shape.cross_account_copies and home != function.account:
            found["copy"] = self._add(
                start(function, who, kind, self.shape, ran=ran, recipient=home)
            )
        if stage.mode == "async":
            return found | self._executions(function)
        throttled = start(function, who, kind, self.shape, ran=False, recipient=None)
        return found | {"throttled": self._add(throttled)}

    def _through_states(self, function: Function, caller: Function) -> dict[str, int]:
        machine = (
            f"arn:aws:states:{caller.region}:{caller.account}:stateMachine:{function.name}-machine"
        )
        call = Call("states.amazonaws.com", "StartExecution", "Management", machine)
        who = identities.function(caller, self.shape)
        body = calls.api_call(call, who, caller.account, caller.region, self.shape)
        body["requestParameters"] = {"stateMachineArn": machine, "name": SERIAL}
        before = self._add(compile_record(body, owner=caller.arn, resource=call.resource))
        starts = self._by_role(function, f"{function.name}-machine", "zynIhxRGfTvfRlXh", "states")
        return starts | {"before": before}


def _other_account(call: Call, account: str) -> str | None:
    if call.name != "AssumeRole":
        return None
    other = call.target.split(":")[4]
    return other if other != account else None
