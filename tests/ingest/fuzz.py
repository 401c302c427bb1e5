"""Any bytes against the decoder, guided by coverage: `python -m tests.ingest.fuzz [--seconds 60]`.

Needs atheris (fuzzing.txt). Ends with an error at the first crash, hang or lost record, and keeps
the bytes that did it in `fuzz-findings/`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ingest"]):
    from tests.ingest.fuzzed import one_input, seeds, words

FINDINGS = Path("fuzz-findings")


def main() -> None:
    """Runs until the time is over or something is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    seconds = parser.parse_args().seconds
    FINDINGS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        corpus, dictionary = Path(folder, "corpus"), Path(folder, "words")
        corpus.mkdir()
        for number, seed in enumerate(seeds()):
            corpus.joinpath(str(number)).write_bytes(seed)
        dictionary.write_text(words(), encoding="utf-8")
        limits = [f"-max_total_time={seconds}", "-timeout=20", "-rss_limit_mb=1500"]
        limits += ["-max_len=20000", f"-dict={dictionary}", f"-artifact_prefix={FINDINGS}/"]
        atheris.Setup([sys.argv[0], *limits, str(corpus)], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
