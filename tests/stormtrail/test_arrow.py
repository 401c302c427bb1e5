"""pyarrow does not bring pandas along, and does not keep others from it."""

from __future__ import annotations

import subprocess
import sys

_PROGRAM = """
import sys
import pyarrow as pa
from stormtrail.arrow import without_pandas
without_pandas()
table = pa.table({"a": pa.array(["x"])})
print("pandas" in sys.modules)
print(table.to_pandas()["a"].tolist())
"""


def test_an_array_imports_no_pandas_until_somebody_wants_it() -> None:
    found = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True
    )
    assert found.stdout.split("\n")[:2] == ["False", "['x']"]
