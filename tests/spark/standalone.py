"""A standalone Spark cluster of real processes: a master and workers, each of which can be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from tests.ports import unused_port

_START_SECONDS = 60.0
# Small and quick to start; a test's jobs are too short for the best code of the compiler.
_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto"
_NOT_OUTLIVING = '"$@" & read -r _; kill -9 0'  # the pipe ends with this process, however it ends
_DEFAULTS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "512m",
    "spark.driver.extraJavaOptions": _JAVA,
    "spark.executor.memory": "512m",
    "spark.executor.cores": "1",
    "spark.cores.max": "2",  # of four: another driver finds two
    "spark.executor.extraJavaOptions": _JAVA,
    "spark.sql.shuffle.partitions": "4",
    "spark.sql.codegen.wholeStage": "false",
    "spark.ui.enabled": "false",
}


@dataclass
class Cluster:
    """The processes, the address for `--master`, and the folder of Spark's settings."""

    folder: Path
    port: int
    web_port: int
    cores: int = 2
    memory: str = "1g"
    master: subprocess.Popen[bytes] | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"spark://127.0.0.1:{self.port}"

    def start_master(self) -> None:
        ports = ["--port", str(self.port), "--webui-port", str(self.web_port)]
        self.master = self._start("master.Master", "--host", "127.0.0.1", *ports)

    def start_worker(self) -> None:
        """Starts a worker, and waits until the master knows it."""
        wanted = self.alive() + 1
        place = ["--work-dir", str(self.folder / "work"), "--host", "127.0.0.1"]
        size = ["--cores", str(self.cores), "--memory", self.memory, "--webui-port", "0"]
        self.workers.append(self._start("worker.Worker", *place, *size, self.url))
        self.wait_for(wanted)

    def replace(self, killed: int) -> None:
        """Starts a worker in the place of one that was killed; `killed` is its process."""
        (lost,) = [worker for worker in self.workers if worker.pid == killed]
        with lost:
            assert lost.wait() == -signal.SIGKILL
        self.workers.remove(lost)
        self.wait_for(len(self.workers), at_most=True)
        self.start_worker()

    def stop(self) -> None:
        for process in [*self.workers, *([self.master] if self.master else [])]:
            _kill(process)

    def wait_for(self, workers: int, at_most: bool = False) -> None:
        """Waits until the master counts so many workers as alive (and no more than these)."""
        end = time.monotonic() + _START_SECONDS
        while (found := self.alive()) < workers or (at_most and found > workers):
            assert time.monotonic() < end, f"the cluster did not start: {self._said()}"
            time.sleep(0.1)

    def alive(self) -> int:
        """Workers that the master counts as alive; 0 while it does not answer."""
        try:
            with urlopen(f"http://127.0.0.1:{self.web_port}/json/", timeout=5) as answer:
                state: dict[str, Any] = json.load(answer)
        except (OSError, ValueError):  # not there yet, or not ready to tell
            return 0
        return sum(worker["state"] == "ALIVE" for worker in state["workers"])

    def _start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        home = _spark_home()
        command = [str(home / "bin/spark-class"), f"org.apache.spark.deploy.{name}", *arguments]
        with (self.folder / "cluster.log").open("ab") as log:
            return subprocess.Popen(
                ["sh", "-c", _NOT_OUTLIVING, "sh", *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=os.environ | self.environment | {"SPARK_HOME": str(home)},
                start_new_session=True,  # an executor is in its worker's group, and dies with it
            )

    @property
    def environment(self) -> Mapping[str, str]:
        """What a driver of this cluster has in its environment, too."""
        return {
            "SPARK_CONF_DIR": str(self.folder / "conf"),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_DAEMON_MEMORY": "256m",
            "SPARK_DAEMON_JAVA_OPTS": _JAVA,
        }

    def _said(self) -> str:
        return (self.folder / "cluster.log").read_text(errors="replace")[-2_000:]


@contextmanager
def standalone(
    folder: Path, workers: int = 2, cores: int = 2, memory: str = "1g", **settings: str
) -> Iterator[Cluster]:
    """A running cluster, its workers of so many cores; `settings` are Spark's, with `_` for a dot."""
    (folder / "conf").mkdir(parents=True)
    given = {name.replace("_", "."): value for name, value in settings.items()}
    lines = [f"{name} {value}" for name, value in (_DEFAULTS | given).items()]
    (folder / "conf" / "spark-defaults.conf").write_text("\n".join(lines) + "\n")
    cluster = Cluster(folder, unused_port(), unused_port(), cores, memory)
    try:
        cluster.start_master()
        for _ in range(workers):
            cluster.start_worker()
        yield cluster
    finally:
        cluster.stop()


def _kill(process: subprocess.Popen[bytes]) -> None:
    with process:  # closes its pipe
        os.killpg(process.pid, signal.SIGKILL)


def _spark_home() -> Path:
    found = find_spec("pyspark")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent
