"""Calls other than Invoke, by the name of their API: what they name and what they answer."""

from __future__ import annotations

from simulation.identities import Caller
from simulation.organization import MANAGEMENT, S3, Call, Shape
from simulation.records import record
from simulation.templates import SERIAL, TIME, Record


def api_call(call: Call, caller: Caller, account: str, region: str, shape: Shape) -> Record:
    """Any other call, by the name of its API; the target is a bucket, a role ARN, a key ARN..."""
    data = call.resource != MANAGEMENT
    parameters, resources, response = _call_details(call, account)
    return record(
        caller,
        call.service,
        call.name,
        account,
        region,
        shape=shape,
        parameters=parameters,
        response=response,
        data=data,
        resources=resources,
        additional={"SignatureVersion": "SigV4", "bytesTransferredOut": 0.0}
        if call.resource == S3
        else None,
    )


def _call_details(call: Call, account: str) -> tuple[Record | None, list[Record], Record | None]:
    if call.resource == S3:
        return _object_details(call.target, account)
    if call.name == "AssumeRole":
        return _assume_details(call.target, account)
    if call.service == "kms.amazonaws.com":
        key: Record = {"accountId": account, "type": "AWS::KMS::Key", "ARN": call.target}
        return {"keyId": call.target, "encryptionAlgorithm": "SYMMETRIC_DEFAULT"}, [key], None
    if call.service == "logs.amazonaws.com":
        return (
            {"logGroupName": call.target, "logStreamName": f"2026/06/[$LATEST]{SERIAL}"},
            [],
            None,
        )
    if call.service == "sqs.amazonaws.com":
        queue: Record = {"accountId": account, "type": "AWS::SQS::Queue", "ARN": call.target}
        return {"queueUrl": call.target}, [queue], None
    return ({"name": call.target} if call.target else None), [], None


def _object_details(bucket: str, account: str) -> tuple[Record, list[Record], Record]:
    name, _, folder = bucket.partition("/")
    key = f"{folder or 'out'}/{SERIAL}.json.gz"
    host = f"{name}.s3.amazonaws.com"
    resources: list[Record] = [
        {"type": S3, "ARN": f"arn:aws:s3:::{name}/{key}"},
        {"accountId": account, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{name}"},
    ]
    return (
        {"bucketName": name, "Host": host, "key": key},
        resources,
        {"x-amz-server-side-encryption": "AES256"},
    )


def _assume_details(target: str, account: str) -> tuple[Record, list[Record], Record]:
    name = target.rpartition("/")[2]
    parameters: Record = {"roleArn": target, "roleSessionName": f"{name}-{SERIAL}"}
    response: Record = {"credentials": {"accessKeyId": f"ASIA{SERIAL}", "expiration": TIME}}
    return parameters, [{"accountId": account, "type": "AWS::IAM::Role", "ARN": target}], response
