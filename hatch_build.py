"""Builds the native reader of log files, where there is a Rust compiler; without it Python reads them."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_SOURCE, _LIBRARY = "ingest/native/fields.rs", "ingest/native/fields.so"
_OPTIONS = ("--edition=2021", "--crate-type=cdylib", "-Copt-level=3", "-Cstrip=symbols")


class NativeReader(BuildHookInterface[Any]):
    """Compiles one file that needs nothing but the compiler's own library."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  (hatchling's)
        """Adds the library to what is built; says why where it cannot be."""
        problem = _built(Path(self.root))
        if problem:
            self.app.display_warning(f"log files will be read by Python, more slowly: {problem}")
            return
        build_data["artifacts"].append(_LIBRARY)
        build_data["pure_python"] = False
        build_data["infer_tag"] = True


def _built(root: Path) -> str | None:
    """Why the library cannot be built; None where it is."""
    compiler = shutil.which("rustc")
    if compiler is None:
        return "there is no rustc"
    fresh = root / f"{_LIBRARY}.new"
    command = [compiler, *_OPTIONS, "-o", str(fresh), str(root / _SOURCE)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  (the compiler)
    if run.returncode:
        return run.stderr.strip()[-500:]
    fresh.replace(root / _LIBRARY)  # one that is in use stays what it is for its users
    return None
