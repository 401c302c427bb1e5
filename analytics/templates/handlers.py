"""What a function's code must understand: the event of today, and a stream's batch, in Python."""

from __future__ import annotations

_LOGS = '''import base64, gzip, json

def entries(event):
    """CloudTrail entries of a log group's own call, or of a batch of a stream."""
    if "awslogs" in event:
        packed = [event["awslogs"]["data"]]
    else:
        packed = [record["kinesis"]["data"] for record in event["Records"]]
    for text in packed:
        message = json.loads(gzip.decompress(base64.b64decode(text)))
        if message["messageType"] == "DATA_MESSAGE":
            yield from (json.loads(line["message"]) for line in message["logEvents"])
'''

_FILES = '''import base64, json
from urllib.parse import unquote_plus

def files(event):
    """(bucket, key) of a bucket's own notification, or of a batch of a stream."""
    for record in event["Records"]:
        if "s3" in record:  # a notification writes keys as in a URL, EventBridge as they are
            bucket, key = record["s3"]["bucket"]["name"], record["s3"]["object"]["key"]
            yield bucket, unquote_plus(key)
        else:
            detail = json.loads(base64.b64decode(record["kinesis"]["data"]))["detail"]
            yield detail["bucket"]["name"], detail["object"]["key"]
'''

_EVENTS = '''import base64, json

def events(event):
    """EventBridge's events: the one of a rule's own call, or those of a batch of a stream."""
    if "Records" not in event:
        yield event
        return
    for record in event["Records"]:
        yield json.loads(base64.b64decode(record["kinesis"]["data"]))
'''

BY_KIND = {"cloudwatch_logs": _LOGS, "s3": _FILES, "eventbridge": _EVENTS}
