"""What the tests of integrity share: an archive to tamper with, and its verification."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.integrity import IntegrityReport, KeyFile, open_archive, verify
from tests.ingest.integrity.archives import Archive, key_entry, rsa_key

Verify = Callable[..., IntegrityReport]


@pytest.fixture
def key_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes the entries (default: the signing key's) as the AWS CLI prints them."""

    def write(*entries: dict[str, Any]) -> Path:
        path = tmp_path / "keys.json"
        path.write_text(json.dumps({"PublicKeyList": entries or [key_entry(rsa_key())]}))
        return path

    return write


@pytest.fixture
def verified(tmp_path: Path, key_file: Callable[..., Path]) -> Verify:
    """Puts an archive into a folder and verifies it with the keys of these entries."""

    def run(archive: Archive, *entries: dict[str, Any], sidecars: bool = True) -> IntegrityReport:
        folder = tmp_path / "bucket"
        folder.mkdir(exist_ok=True)
        archive.put(folder, sidecars)
        return verify(open_archive(str(folder)), KeyFile.read(key_file(*entries)))

    return run
