"""A Slurm cluster of one node for tests: a real slurmctld and slurmd from Debian's packages, in their own folder."""

import getpass
import os
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NEEDED = ("slurmctld", "slurmd", "sbatch", "srun", "squeue")
CONF = """
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/none
CredType=cred/none
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=bf_interval=1,sched_interval=2
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
KillWait=2
MinJobAge=3600
OverTimeLimit=0
ReturnToService=2
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=8000 Gres=gpu:2 State=UNKNOWN
PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> str:
    """Why there can be no cluster here; empty where there can."""
    lacking = [name for name in NEEDED if not shutil.which(name)]
    if lacking:
        return f"needs Slurm ({', '.join(lacking)}): apt-get install slurm-wlm"
    return "" if (os.cpu_count() or 1) >= 2 else "needs two cores"


@contextmanager
def cluster(folder: Path) -> Iterator[dict[str, str]]:
    """Start it, wait until its node is idle, and yield the environment in which sbatch and the like find it."""
    folder.mkdir(parents=True)
    host, ports = socket.gethostname(), _free_ports(2)
    conf = folder / "slurm.conf"
    conf.write_text(
        CONF.format(host=host, controller=ports[0], node=ports[1], user=getpass.getuser(), folder=folder),
        encoding="utf-8",
    )
    devices = "".join(f"NodeName={host} Name=gpu File={device}\n" for device in ("/dev/null", "/dev/zero"))
    (folder / "gres.conf").write_text(devices, encoding="utf-8")
    (folder / "state").mkdir()
    environment = {
        **os.environ,
        "SLURM_CONF": str(conf),
        "PATH": f"{_srun(folder, conf)}{os.pathsep}{os.environ['PATH']}",
    }
    with (folder / "daemons.txt").open("w") as said:
        daemons = [
            subprocess.Popen([program, "-D", "-f", str(conf)], stdout=said, stderr=said, env=environment)
            for program in ("slurmctld", "slurmd")
        ]
        try:
            _wait(environment, folder)
            yield environment
        finally:
            subprocess.run(["scancel", "--user", getpass.getuser()], env=environment, check=False, capture_output=True)
            for daemon in reversed(daemons):
                daemon.terminate()
            for daemon in daemons:
                daemon.wait(30)


def _srun(folder: Path, conf: Path) -> Path:
    """A folder with an srun that knows the configuration: snakemake's plugin starts it without the variable."""
    program = folder / "bin/srun"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nSLURM_CONF={shlex.quote(str(conf))} exec {shutil.which("srun")} "$@"\n')
    program.chmod(0o755)
    return program.parent


def _wait(environment: dict[str, str], folder: Path) -> None:
    """Until the node can take jobs."""
    for _ in range(120):
        done = subprocess.run(["sinfo", "-h", "-o", "%t"], env=environment, capture_output=True, text=True, check=False)
        if done.stdout.strip() == "idle":
            return
        time.sleep(0.5)
    logs = [path.read_text(errors="replace")[-2000:] for path in sorted(folder.glob("*.log"))]
    raise AssertionError("\n".join(["the cluster did not start", done.stderr, *logs]))


def _free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
