"""Steps of the cures that need no stream, as Markdown."""

from __future__ import annotations

from shlex import quote

from analytics.findings import Recommendation
from analytics.templates import names


def other_steps(item: Recommendation) -> str:
    """The page for one recommendation; UsageError for a name that cannot go into a command."""
    if item.action == "raise_batch" and item.batch is not None:
        return _larger(item)
    return _own_group(item)


def _larger(item: Recommendation) -> str:
    function = names.function(item.function)
    size = item.batch.size if item.batch else 1
    window = item.batch.window_seconds if item.batch else 0
    listing = f"aws lambda list-event-source-mappings --region {function.region}"
    update = f"aws lambda update-event-source-mapping --region {function.region} --uuid UUID"
    return f"""# Larger batches for `{function.name}`, where it is

1. Keep what is there now; take the mapping's UUID, size and window from it:

```sh
{listing} --function-name {quote(function.text)} > before.json
```

2. Raise them. The function's timeout must do for {size} records; a queue's visibility timeout
   must be at least six times that.

```sh
{update} --batch-size {size} --maximum-batching-window-in-seconds {window}
```

The way back is the same command with the values of `before.json`. No entry is lost either way.
"""


def _own_group(item: Recommendation) -> str:
    function, group = names.function(item.function), names.log_group(item.source or "")
    logs = f"--region {group.region} --log-group-name {quote(group.name)}"
    return f"""# `{function.name}` off its own log group

1. Keep what is there now:

```sh
aws logs describe-subscription-filters {logs} > before.json
aws logs describe-account-policies --region {group.region} --policy-type SUBSCRIPTION_FILTER_POLICY
```

2. Take the filter away; its log lines stay in the log group:

```sh
aws logs delete-subscription-filter {logs} --filter-name FILTER_NAME_IN_before.json
```

   Where an account policy subscribes every group, add this group to its selection criteria
   instead: `LogGroupName NOT IN ["{group.name}"]`.

The way back is `aws logs put-subscription-filter` with the values of `before.json`.
"""
