"""The page of what is stable names the formats, exit codes and contract that there are."""

from __future__ import annotations

import re
from pathlib import Path

import neurosim.cli as cli
from neurosim.backend import contract, host_session
from neurosim.edges import deprecated
from neurosim.model.network import json_format
from neurosim.results import pretrained, studies
from neurosim.results.store import directory
from neurosim.scenario.schema import reading
from neurosim.scenario.search import storage
from neurosim.scenario.studies import comparing
from neurosim.simulation.recordings import files

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "stability.md").read_text(encoding="utf-8")


def test_formats_have_their_numbers() -> None:
    formats = dict(re.findall(r"\| `(neurosim_\w+)` \| ([^|]+) \|", PAGE))
    assert formats == {
        "neurosim_network": "{} without arrays, {} with pairs, {} with values of neurons or synapses".format(
            *json_format.FORMATS
        ),
        "neurosim_run": str(directory.FORMAT),
        "neurosim_study": str(studies.FORMAT),
        "neurosim_comparison": str(comparing.COMPARISON_FORMAT),
        "neurosim_ladder": str(comparing.LADDER_FORMAT),
        "neurosim_recording": str(files.FORMAT),
        "neurosim_pretrained": "{} without arrays of wiring, {} with".format(*pretrained.FORMATS),
    }
    plain = dict(re.findall(r"\| `format`, (\w+) [^|]* \| (\d+) \|", PAGE))
    assert plain == {"before": str(reading.FORMAT), "beside": str(storage.FORMAT)}


def test_exit_codes_are_those_of_the_command_line() -> None:
    section = PAGE.partition("## Exit codes")[2].partition("## How")[0]
    on_page = {code for row in re.findall(r"^\| ([\d, ]+) \|", section, re.M) for code in row.split(", ")}
    assert cli.__doc__ is not None
    codes = cli.__doc__.partition("Exit codes:")[2]
    assert on_page == set(re.findall(r"\b(?:0|1|2|\d{3})\b", codes)) - {"128"}  # that of no command alone


def test_the_contract_is_there() -> None:
    row = PAGE.partition("| the contract of a backend |")[2].partition("\n")[0]
    of_contract, _, after = row.partition(f" of `{contract.__name__}`; ")
    of_host_session = after.partition(f" of `{host_session.__name__}`")[0]
    for module, text, number in ((contract, of_contract, 5), (host_session, of_host_session, 2)):
        named = re.findall(r"`(\w+)`", text)
        assert len(named) == number
        assert set(named) <= set(vars(module))


def test_the_file_of_names_that_go_is_there() -> None:
    assert deprecated.__file__.endswith("neurosim/edges/deprecated.py")
    assert "`neurosim/edges/deprecated.py`" in PAGE
