"""A study on a SLURM of one node, of which a job is queued anew in the middle: its bytes are those of one process.

    python tests/crash/one_node_slurm.py FOLDER

Debian's slurm-wlm and munge are needed. Their daemons are processes of this program, on the loopback address, with all
their files in FOLDER; they end with it. Where that cannot be, it says why, and ends with 0.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from small_run import contents, scenario_text

DAEMONS = ("munged", "slurmctld", "slurmd")
PORTS = 26817, 26818
SECONDS = 400.0

CONF = """
ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
KillWait=2
GresTypes=loihi
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} Gres=loihi:1 State=UNKNOWN
PartitionName=boards Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


class CannotRun(Exception):
    """SLURM cannot be run here."""


def main(folder: Path) -> int:
    try:
        with slurm(folder):
            return requeued_study(folder)
    except CannotRun as why:
        print(f"left out: {why}")
        return 0


@contextmanager
def slurm(folder: Path) -> Iterator[None]:
    """A SLURM of this machine alone, with one board."""
    os.environ["PATH"] += ":/usr/sbin"
    missing = [name for name in DAEMONS if shutil.which(name) is None]
    if missing:
        raise CannotRun(f"there is no {', '.join(missing)}: apt-get install slurm-wlm munge")
    if os.getuid() != 0:
        raise CannotRun("slurmd starts jobs as the user that handed them in, so it is root's to run")
    conf = _configured(folder)
    os.environ["SLURM_CONF"] = str(conf)
    with ExitStack() as at_end:
        munge = [f"--{name}={folder}/munge.{name.partition('-')[0]}" for name in ("key-file", "socket", "pid-file")]
        munge += [f"--log-file={folder}/munge.log", f"--seed-file={folder}/munge.seed"]
        at_end.enter_context(_daemon("munged", "--foreground", "--force", *munge))
        _wait(lambda: (folder / "munge.socket").exists(), "munged does not start", folder / "munge.log", 20)
        at_end.enter_context(_daemon("slurmctld", "-D", "-f", str(conf)))
        at_end.enter_context(_daemon("slurmd", "-D", "-f", str(conf), "-N", socket.gethostname()))
        _wait(lambda: "idle" in _said("sinfo", "-h", "-o", "%T"), "no node is idle", folder / "slurmd.log", 60)
        yield


def _configured(folder: Path) -> Path:
    for name in ("state", "spool"):
        (folder / name).mkdir()
    (folder / "munge.key").write_bytes(os.urandom(1024))
    (folder / "munge.key").chmod(0o400)
    folder.chmod(0o755)
    user = "root"
    text = CONF.format(host=socket.gethostname(), ports=PORTS, folder=folder, user=user, cpus=os.cpu_count())
    (folder / "slurm.conf").write_text(text)
    (folder / "gres.conf").write_text("Name=loihi Count=1\n")
    return folder / "slurm.conf"


@contextmanager
def _daemon(*command: str) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(done: Callable[[], bool], why: str, log: Path, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not done():
        if time.monotonic() > until:
            last = log.read_text(errors="replace").splitlines()[-3:] if log.exists() else []
            raise CannotRun("; ".join([why, *last]))
        time.sleep(0.5)


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def requeued_study(folder: Path) -> int:
    """Hand a study in, queue one of its runs anew after its first phase, and compare."""
    scenario = folder / "small.toml"
    scenario.write_text(
        scenario_text().replace("epochs = 1", "epochs = 3000").replace("increment = 5", "increment = 2")
    )
    on_slurm, alone = folder / "on_slurm", folder / "alone"
    study = "study", str(scenario), "--seeds", "0,1"
    options = "--on", "slurm", "--partition", "boards", "--gres", "loihi:1", "--time", "10m"
    _neurosim(*study, "--out", str(on_slurm), *options)
    _until(lambda: list(on_slurm.glob("runs/*/*/seed0/phases/*.h5")), "the first run keeps no phase", folder)
    [job] = [line for line in _said("squeue", "-h", "-r", "-o", "%i %T").splitlines() if "RUNNING" in line]
    print(_said("squeue"), f"queued anew: {job.split()[0]}", sep="")
    subprocess.run(["scontrol", "requeue", job.split()[0]], check=True)
    _until(lambda: len(list(on_slurm.glob("runs/*/*/seed*/result.json"))) == 2, "two runs do not end", folder)
    _neurosim(*study, "--out", str(on_slurm), *options)  # collects them
    _neurosim(*study, "--out", str(alone))
    return _compared(on_slurm / "runs", alone / "runs")


def _compared(one: Path, other: Path) -> int:
    runs = sorted(p.parent.relative_to(one) for p in one.glob("*/*/*/result.json"))
    resumed = sum('"resumed"' in (one / run / "events.jsonl").read_text() for run in runs)
    different = [str(run) for run in runs if contents(one / run) != contents(other / run)]
    print(f"{len(runs)} runs, {resumed} of them gone on with; different from those of one process: {different or 0}")
    return int(bool(different) or len(runs) != 2 or resumed != 1)


def _neurosim(*arguments: str) -> None:
    print("neurosim", *arguments, flush=True)
    subprocess.run([str(Path(sys.executable).with_name("neurosim")), *arguments], check=True)


def _until(done: Callable[[], object], why: str, folder: Path) -> None:
    until = time.monotonic() + SECONDS
    while not done():
        if time.monotonic() > until:
            logs = [p.read_text(errors="replace")[-2000:] for p in folder.glob("on_slurm/slurm/*/logs/*.out")]
            raise SystemExit("\n".join([why, _said("squeue"), *logs]))
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).absolute()))
