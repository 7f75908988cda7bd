"""Memory that processes share, and memory that they keep."""

import os
import subprocess
import sys

import pytest

from neurosim_lava.block import Block

FEW = {"learned/a": ("<f8", (3,))}
MANY = {**FEW, "stimuli/b": ("<f8", (1000, 1000))}


def test_both_sides_see_the_same():
    here = Block.of(1 << 10)
    there = Block.at(here.address)
    here.write({"layout": FEW})
    here.arrays(FEW)["learned/a"][...] = [1, 2, 3]
    there.fail("no more")
    assert there.read()["layout"].keys() == FEW.keys()
    assert there.arrays(FEW)["learned/a"].tolist() == [1, 2, 3]
    assert here.failure() == "no more"


def test_another_process_opens_it():
    here = Block.of(1 << 10)
    here.write({"layout": FEW})
    script = "import sys; from neurosim_lava.block import Block; Block.at(eval(sys.argv[1])).fail('seen')"
    subprocess.run([sys.executable, "-c", script, str(here.address)], check=True, timeout=60)
    assert here.failure() == "seen"


def test_a_larger_one_has_the_same_arrays():
    small = Block.of(1 << 10)
    small.arrays(FEW)["learned/a"][...] = [1, 2, 3]
    large = small.with_room(MANY)
    assert large.with_room(FEW) is large
    assert large.arrays(MANY)["learned/a"].tolist() == [1, 2, 3]
    large.arrays(MANY)["stimuli/b"][...] = 1.0
    assert large.address != small.address


def test_no_file_stays_open():
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(10):
        block = Block.of(1 << 10)
        Block.at(block.address)
    del block
    assert len(os.listdir("/proc/self/fd")) == before


def test_without_files_in_memory_there_is_a_temporary_file_as_long_as_the_block(
    monkeypatch: pytest.MonkeyPatch, tmp_path
):
    monkeypatch.delattr(os, "memfd_create")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    here = Block.of(1 << 10)
    there = Block.at(here.address)
    here.arrays(FEW)["learned/a"][...] = [1, 2, 3]
    assert there.arrays(FEW)["learned/a"].tolist() == [1, 2, 3]
    assert len(list(tmp_path.iterdir())) == 1
    del here, there
    assert list(tmp_path.iterdir()) == []


COMING_AND_GOING = """if True:
    import resource
    import numpy as np
    from neurosim_lava import heap
    {}
    def faults():
        for _ in range(8):
            together = [np.ones(1 << 17) for _ in range(8)]
            del together
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    print(-faults() + faults())
"""


@pytest.mark.parametrize(("first", "again"), [("heap.keep()", False), ("", True)])
def test_kept_memory_does_not_fault_again(first, again):
    """Eight arrays of a megabyte, eight times: 16384 pages."""
    script = COMING_AND_GOING.format(first)
    found = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, timeout=60)
    assert (int(found.stdout) > 1000) == again
