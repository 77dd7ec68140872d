"""The workflow as jobs of a real Slurm, which the tests start where Debian's packages are installed."""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from csv import DictReader
from pathlib import Path

import pytest
import yaml
from support.pictures import photo
from support.slurm import cluster, missing

from lic_tcm.extras import installed
from lic_tcm.images import write_png

pytestmark = [
    pytest.mark.slurm,
    pytest.mark.long,
    pytest.mark.timeout(900),
    pytest.mark.skipif(bool(missing()), reason=missing() or "there is Slurm"),
    pytest.mark.skipif(not installed("snakemake_executor_plugin_slurm"), reason="needs lic-tcm[slurm]"),
]
QUICKLY = ["--slurm-init-seconds-before-status-checks", "2", "--latency-wait", "10"]
CODEC = '''
import struct, time, zlib
import numpy as np

class Slow:
    """Stores the samples; takes its time for whole images, and writes down which it has begun."""

    def __init__(self, seconds=0, refused=False):
        self.seconds, self.refused = seconds, refused

    def version(self):
        return "slow 1"

    def encode(self, image, point):
        if image.shape[0] > 64:
            if self.refused:
                raise ValueError("this picture is not to my taste")
            with open("begun.txt", "a") as file:
                file.write(f"{int(image.sum())}\\n")
            time.sleep(self.seconds)
        return struct.pack(">HH", *image.shape[:2]) + zlib.compress(image.tobytes())

    def decode(self, stream):
        shape = struct.unpack_from(">HH", stream)
        return np.frombuffer(zlib.decompress(stream[4:]), np.uint8).reshape(*shape, 3)
'''


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A cluster of one node with two cores and two GPUs."""
    with cluster(tmp_path_factory.mktemp("slurm") / "cluster") as environment:
        yield environment


def run(place: Path, config: str, *options: str, environment: dict[str, str] | None = None) -> tuple[int, str]:
    """`lic-tcm run` in a folder; its exit code and what it said."""
    place.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "lic_tcm", "run", config, *options]
    done = subprocess.run(
        command, cwd=place, env=environment or dict(os.environ), capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def made(place: Path) -> dict[str, object]:
    """The streams, decoded images and numbers of a run; its machine and its times are no numbers of the run."""
    found = [*place.glob("results/coded/**/*.bin"), *place.glob("results/coded/**/*.png")]
    content: dict[str, object] = {str(path.relative_to(place)): path.read_bytes() for path in found}
    for table in ("rd_points", "bd_rate"):
        with (place / f"results/tables/tiny/{table}.csv").open(encoding="utf-8", newline="") as file:
            content[table] = [{key: cell for key, cell in line.items() if key != "source"} for line in DictReader(file)]
    return content


def test_a_run_on_the_cluster_is_the_run_on_this_machine(slurm: dict[str, str], tmp_path: Path) -> None:
    """config/tiny.yaml gives equal streams, images and tables, bit for bit, in jobs of the queue."""
    tables = "results/tables/tiny/bd_rate.csv"
    code, said = run(tmp_path / "cluster", "tiny", tables, "--profile", "slurm", *QUICKLY, environment=slurm)
    assert code == 0, said
    code, said_here = run(tmp_path / "here", "tiny", tables, "--cores", "2")
    assert code == 0, said_here
    here = made(tmp_path / "here")
    assert len(here) == 2 * 3 * 3 * 2 + 2  # images, methods, points; stream and image
    assert made(tmp_path / "cluster") == here
    submitted = Counter(re.findall(r"submitted with SLURM jobid .*/rule_(\w+)/", said))
    assert submitted == {"code_all_points": 3, "score": 3, "tables": 1}  # the rest where snakemake runs
    assert "Provided resources: gpu" not in said  # that limit is one machine's


def test_a_killed_job_goes_on_and_a_failed_one_says_why(slurm: dict[str, str], tmp_path: Path) -> None:
    """A job beyond its minute is killed, tried with two, and codes no finished image again; of one that fails, its own
    last line is what the run ends by saying."""
    for seed in range(4):
        write_png(tmp_path / f"pictures/p{seed}.png", photo(176, 180, seed))
    (tmp_path / "slow.py").write_text(CODEC, encoding="utf-8")
    common = {"codec": "python", "points": [1]}
    slow = common | {"options": {"path": "slow.py", "class": "Slow", "seconds": 25}, "runtime": 1, "mem_mb": 700}
    refusing = common | {"options": {"path": "slow.py", "class": "Slow", "refused": True}}
    config = {"name": "limits", "datasets": ["mine"], "folders": {"mine": "pictures"}, "methods": ["slow", "refusing"]}
    config |= {"anchors": ["slow"], "definitions": {"slow": slow, "refusing": refusing}}
    (tmp_path / "limits.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    code, said = run(tmp_path, "limits.yaml", "--profile", "slurm", *QUICKLY, environment=slurm)
    assert code != 0
    assert re.search(r"lic-tcm: refusing at point 1, image .*not to my taste", said.split("What failed:")[1]), said
    assert len(list(tmp_path.glob("results/coded/mine/slow/1/*.bin"))) == 4
    assert (tmp_path / "results/rows/mine/slow.csv").is_file()
    begun = (tmp_path / "begun.txt").read_text(encoding="utf-8").split()
    assert len(set(begun)) == 4
    assert 4 < len(begun) <= 6  # those that were being coded when a job was killed are begun again, no other
    jobs = subprocess.run(["scontrol", "show", "job", "-o"], env=slurm, capture_output=True, text=True, check=True)
    mine = [job for job in jobs.stdout.splitlines() if "/rule_code/mine_slow_" in job]
    limits = [re.search(r"TimeLimit=(\S+) .*MinMemoryNode=(\S+)", job) for job in mine]
    assert [found.groups() for found in limits if found][:2] == [("00:01:00", "700M"), ("00:02:00", "1400M")], mine


def test_a_gpu_job_asks_for_a_gpu(slurm: dict[str, str]) -> None:
    """What the profile makes of `gpu: 1` shows a job one of the node's two, which it then takes as it is."""
    show = "python -m lic_tcm.gpus 1 sh -c 'echo $CUDA_VISIBLE_DEVICES'"
    command = ["srun", "--gpus=1", "--mem=500", "sh", "-c", show]
    environment = slurm | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{slurm['PATH']}"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("0", "1")
