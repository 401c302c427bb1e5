"""Records as CloudTrail writes them: runs of functions, and configuration changes.

Shapes follow DOMAIN section 3; where that is inferred, `Shape` chooses among the variants.
"""

from __future__ import annotations

from simulation import identities
from simulation.identities import Caller
from simulation.organization import LAMBDA, MANAGEMENT, Change, Function, Shape
from simulation.templates import (
    EVENT,
    REQUEST,
    SHARED,
    TIME,
    Record,
    Template,
    compile_record,
)

READ_VERBS = ("Get", "List", "Describe", "Head", "Lookup", "Assume", "Decrypt", "GenerateDataKey")


def record(
    caller: Caller,
    service: str,
    name: str,
    account: str,
    region: str,
    *,
    shape: Shape,
    parameters: Record | None,
    response: Record | None = None,
    data: bool = False,
    error: str | None = None,
    additional: Record | None = None,
    resources: list[Record] | None = None,
    shared: bool = False,
    read_only: bool | None = None,
) -> Record:
    """One record in CloudTrail's field order, with holes where records of a kind differ."""
    body: Record = {
        "eventVersion": shape.event_version,
        "userIdentity": caller.identity,
        "eventTime": TIME,
        "eventSource": service,
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": caller.address,
        "userAgent": caller.agent,
    }
    if error:
        body |= {"errorCode": error, "errorMessage": f"{error}: the request was refused"}
    body |= {"requestParameters": parameters, "responseElements": response}
    if additional is not None:
        body["additionalEventData"] = additional
    body |= {"requestID": REQUEST, "eventID": EVENT}
    body["readOnly"] = name.startswith(READ_VERBS) if read_only is None else read_only
    if resources:
        body["resources"] = resources
    body |= {"eventType": "AwsApiCall", "managementEvent": not data, "recipientAccountId": account}
    if shared:
        body["sharedEventID"] = SHARED
    body["eventCategory"] = "Data" if data else "Management"
    return body | _tls(caller, service, region)


def _tls(caller: Caller, service: str, region: str) -> Record:
    if caller.identity["type"] == "AWSService" or "invokedBy" in caller.identity:
        return {}
    host = service.replace(".amazonaws.com", f".{region}.amazonaws.com")
    return {
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": host,
        }
    }


def _function_resource(function: Function) -> list[Record]:
    return [{"accountId": function.account, "type": LAMBDA, "ARN": function.arn}]


def run(
    function: Function,
    caller: Caller,
    name: str,
    parameters: Record | None,
    shape: Shape,
    *,
    ran: bool,
    shared: bool = False,
    recipient: str | None = None,
) -> Template:
    """A record of a run; `ran` adds the key that is there only when code ran."""
    version: Record = {"functionVersion": f"{function.arn}:$LATEST"}
    body = record(
        caller,
        "lambda.amazonaws.com",
        name,
        recipient or function.account,
        function.region,
        shape=shape,
        parameters=parameters,
        data=True,
        additional=({"customerEniId": ""} if ran else {}) | version,
        resources=_function_resource(function),
        shared=shared,
        read_only=False,
    )
    return compile_record(
        body, owner=function.arn, run=True, resource=LAMBDA, twin=recipient is not None
    )


def execution(function: Function, shape: Shape, *, ran: bool) -> Template:
    """A dispatch attempt of an asynchronous run; its sourceArn is the function's own (a trap)."""
    parameters: Record | None = {
        "functionName": function.arn,
        "sourceArn": function.arn,
        "logType": "None",
        "contentType": "application/json",
        "sourceAccount": function.account,
    }
    if shape.event_version < "1.11":
        parameters = None
    caller = identities.service("lambda.amazonaws.com")
    return run(function, caller, "InvokeExecution", parameters, shape, ran=ran, shared=True)


def service_start(
    function: Function, host: str, source_arn: str, source_account: str, shape: Shape
) -> Template:
    """The accept record of an asynchronous run that an AWS service starts."""
    parameters: Record = {"functionName": function.arn, "invocationType": "Event"}
    if shape.source_arn:
        parameters |= {"sourceArn": source_arn, "sourceAccount": source_account}
    caller = identities.service(host)
    return run(function, caller, "Invoke", parameters, shape, ran=False, shared=True)


def mapping_start(function: Function, source_arn: str, shape: Shape, *, ran: bool) -> Template:
    """A synchronous run that an event source mapping starts."""
    parameters: Record | None = None
    if shape.mapping_arn and shape.source_arn:
        parameters = {"functionName": function.arn, "invocationType": "RequestResponse"}
        parameters |= {"sourceArn": source_arn}
    caller = identities.service("lambda.amazonaws.com")
    return run(function, caller, "Invoke", parameters, shape, ran=ran, shared=True)


def role_start(
    function: Function, role: str, session: str, host: str, shape: Shape, *, ran: bool
) -> Template:
    """A synchronous run by a service that uses a role: Step Functions, Firehose."""
    caller = identities.via(function.account, role, session, host)
    return run(function, caller, "Invoke", None, shape, ran=ran)


def call_start(
    function: Function, caller: Caller, kind: str, shape: Shape, *, ran: bool, recipient: str | None
) -> Template:
    """An Invoke by a caller with credentials of its own; `recipient`: the caller's copy."""
    parameters: Record = {"functionName": function.arn, "invocationType": kind}
    home = str(caller.identity["accountId"])
    shared = shape.cross_account_copies and home != function.account
    return run(
        function, caller, "Invoke", parameters, shape, ran=ran, shared=shared, recipient=recipient
    )


def change(item: Change, shape: Shape) -> Template:
    """A configuration change, as a management entry."""
    body = record(
        identities.actor(item.actor, item.account),
        item.service,
        item.name,
        item.account,
        item.region,
        shape=shape,
        parameters=item.parameters,
        response=None if item.error else item.response,
        error=item.error,
        read_only=False,
    )
    return compile_record(body, resource=MANAGEMENT)
