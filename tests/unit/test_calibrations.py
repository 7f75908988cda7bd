"""Calibrations: their trims, their files, what is refused, and what runs keep of them."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

import neurosim as ns
from neurosim.device.calibration import files
from neurosim.device.calibration.calibration import Calibration
from neurosim.device.calibration.trims import factors, shifts
from neurosim.device.calibration.verdict import Verification
from neurosim.device.calibration.verification import levels_of
from neurosim.device.imperfections.fabrication import Fabricated
from neurosim.device.imperfections.on_silicon import on_silicon
from neurosim.device.mock import MockBackend
from neurosim.device.silicon import Silicon
from neurosim.errors import InputError, ModelError, SpecError, UnsupportedFeature
from neurosim.results.store import checksummed
from neurosim.scenario import schema
from neurosim.simulation import schema as simulations

FIGURES = {"gain": 0.2, "offset": 0.05, "write_noise": 0.02}
NAME = "board.calibration.toml"


def network(size: int = 5, model: ns.NeuronModel = ns.RateUnit, source: ns.NeuronModel = ns.Clamp) -> ns.Network:
    return ns.Network([ns.Population("x", 2, source), ns.Population("h", size, model)], [ns.Projection("xh", "x", "h")])


def device(seed: int = 7, **more: object) -> MockBackend:
    return ns.device.mock(seed=seed, **FIGURES, **more)


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    return ns.device.calibrate(device(), network())


@pytest.fixture
def head(calibration: Calibration, tmp_path: Path) -> Path:
    return calibration.save(tmp_path / NAME)


def arrays_beside(head: Path) -> Path:
    (found,) = head.parent.glob("*.h5")
    return found


def resealed(head: Path, old: str, new: str) -> None:
    """Change the text of a head, and give it the checksum of what it then has."""
    body = head.read_text().partition("\n")[2]
    assert old in body
    body = body.replace(old, new)
    head.write_text(f'sha256 = "{checksummed.digest(body.encode())}"\n{body}')


def test_a_trim_is_the_reciprocal_in_steps() -> None:
    found = np.array([0.8, 1.0, 1.3, 0.01, 1000.0])
    assert factors(found, 6).tolist() == [40 / 32, 1.0, np.floor(32 / 1.3 + 0.5) / 32, 63 / 32, 1 / 32]
    assert shifts(np.array([0.1, -0.1, 0.0, 9.0, -9.0]), 6).tolist() == [-13 / 128, 13 / 128, 0.0, -31 / 128, 31 / 128]


def test_trims_change_numbers_and_no_structure(calibration: Calibration) -> None:
    program = ns.lower(network(), ns.Schedule([ns.Phase("run", 3)], [], {"x.s": "constant"}))
    plain, trimmed = (Fabricated(Silicon(**FIGURES), 7, t) for t in (None, calibration.trims))
    one, other = (on_silicon(program, chip, learns=True).program for chip in (plain, trimmed))
    assert replace(one, fixed=other.fixed) == other
    own = calibration.populations["h"].trims
    assert np.array_equal(other.fixed["h.silicon_gain"].values, own.gain * one.fixed["h.silicon_gain"].values)
    assert np.array_equal(other.fixed["h.silicon_offset"].values, own.offset + one.fixed["h.silicon_offset"].values)


def test_a_chip_whose_thresholds_alone_differ_is_trimmed_by_its_gains() -> None:
    net = network(8, ns.LIF, ns.SpikeInput)
    chip = ns.device.mock(seed=7, mismatch={"theta": 0.2})
    found = ns.device.calibrate(chip, net, programmings=1)
    silicon = Silicon(mismatch={"theta": 0.2})
    trimmed = Fabricated(silicon, 7, found.trims)
    ratio = trimmed.gain("h", 8).values / trimmed.deviation("h", "theta", 8).values
    assert np.log(ratio).std() < np.log(trimmed.deviation("h", "theta", 8).values).std() / 5
    program = ns.lower(net, ns.Schedule([ns.Phase("run", 3)], [], {"x.x": "events"}))
    assert "h.silicon_gain" in on_silicon(program, trimmed, learns=True).program.fixed


def test_files_give_back_what_was_saved(calibration: Calibration, head: Path) -> None:
    found = Calibration.load(head)
    assert list(map(str, found.arrays())) == list(map(str, calibration.arrays()))
    assert found.digest == calibration.digest
    for name in ("device", "firmware", "kind", "neurosim", "date", "bits", "verification"):
        assert getattr(found, name) == getattr(calibration, name)
    one, other = found.populations["h"], calibration.populations["h"]
    for name in ("method", "model", "residuals", "spread", "not_identified"):
        assert getattr(one, name) == getattr(other, name)


def test_a_calibration_that_is_saved_anew_leaves_no_arrays_of_the_one_before(head: Path) -> None:
    other = ns.device.calibrate(device(8), network())
    before = arrays_beside(head)
    other.save(head)
    assert arrays_beside(head) != before
    assert Calibration.load(head).digest == other.digest


def test_a_kill_before_the_head_is_in_place_leaves_the_one_before(
    head: Path, calibration: Calibration, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = ns.device.calibrate(device(8), network())

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(
        files.atomic, "write", lambda path, content: killed() if path == head else path.write_bytes(content)
    )
    with pytest.raises(KeyboardInterrupt):
        other.save(head)
    assert Calibration.load(head).digest == calibration.digest


def test_a_calibration_is_written_nowhere_else(calibration: Calibration, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be written"):
        calibration.save(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_altered_head_is_refused(head: Path) -> None:
    head.write_text(head.read_text().replace("bits = 6", "bits = 7"))
    with pytest.raises(InputError, match=rf"{NAME}: it was altered: its checksum"):
        Calibration.load(head)


def test_altered_arrays_are_refused(head: Path) -> None:
    path = arrays_beside(head)
    content = bytearray(path.read_bytes())
    content[-9] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(InputError, match=r"its checksum is not that of its contents"):
        Calibration.load(head)


def test_arrays_of_another_calibration_are_refused(head: Path, tmp_path: Path) -> None:
    path, folder = arrays_beside(head), tmp_path / "other"
    folder.mkdir()
    ns.device.calibrate(device(8), network()).save(folder / NAME)
    path.write_bytes(arrays_beside(folder / NAME).read_bytes())
    with pytest.raises(InputError, match=r"has other arrays than it names"):
        Calibration.load(head)


def test_missing_arrays_are_refused(head: Path) -> None:
    arrays_beside(head).unlink()
    with pytest.raises(InputError, match=r"which has its arrays: it cannot be read"):
        Calibration.load(head)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("format = 1", "format = 2", "a newer neurosim wrote it"),
        ("format = 1", 'format = "1"', "of format '1'"),
        ("method = 1", "method = 2", "it was made by method 2, this neurosim has method 1"),
        ("size = 5", "size = 6", r"'h/found/gain' has shape \(5,\), expected \(6,\)"),
        ("size = 5", "size = -1", "'population.h.size' = -1"),
        ("[population.h]", "[population.j]", "there is no 'j/levels' in it"),
        ("bits = 6", "bits = 6\nmore = 1", "unknown key 'calibration.more'"),
        ('method = "rates"', 'method = "magic"', "'population.h.method' = 'magic'"),
        ("[calibration]", "[calibration", "not TOML"),
        ("date = 2", "date = 9", "its date is in the future"),
    ],
    ids=["newer", "format", "method", "size", "no size", "population", "key", "how", "toml", "future"],
)
def test_a_forged_head_is_refused(head: Path, old: str, new: str, said: str) -> None:
    resealed(head, old, new)
    with pytest.raises(InputError, match=said):
        Calibration.load(head)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 100, b"PK\x03\x04", b"\x80\x04\x95pickle", b'sha256 = "', b'sha256 = "' + b"0" * 64 + b'"\n'],
    ids=["empty", "zeros", "zip", "pickle", "torn", "zero digest"],
)
def test_what_is_no_calibration_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"{NAME}: "):
        Calibration.load(path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / NAME)
    with pytest.raises(InputError, match=r"a named pipe, expected a regular file"):
        Calibration.load(tmp_path / NAME)


@pytest.mark.parametrize(
    "wrong", [{"seed": 8}, {"seed": 7, "dead_neurons": 0.1}], ids=["another chip", "another kind of chip"]
)
def test_a_calibration_of_another_device_is_refused(head: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"a calibration of another device"):
        device(**wrong, calibration=head)


def test_another_firmware_is_refused(calibration: Calibration) -> None:
    with pytest.raises(InputError, match=r"under another firmware: '', but here is '1.2'; calibrate anew"):
        calibration.check_device(device().device, "1.2")


def test_a_calibration_holds_on_any_simulator_and_under_any_name(head: Path, calibration: Calibration) -> None:
    for name, on in (("mock", "reference"), ("board", "nengo")):
        found = ns.device.mock(on, seed=7, name=name, calibration=head, **FIGURES)
        assert found.calibration is not None
        assert found.calibration.digest == calibration.digest


@pytest.mark.parametrize(("days", "refused"), [(29.9, False), (30.1, True)], ids=["young", "old"])
def test_an_old_calibration_is_refused(head: Path, calibration: Calibration, days: float, refused: bool) -> None:
    now = calibration.date + timedelta(days=days)
    if not refused:
        assert Calibration.load(head, max_age=30, now=now)
        return
    with pytest.raises(InputError, match=r"it is 30.1 days old, at most 30 are allowed; calibrate anew"):
        Calibration.load(head, max_age=30, now=now)
    assert Calibration.load(head, now=now)


def test_a_calibration_that_did_not_pass_is_refused(head: Path, calibration: Calibration) -> None:
    when = datetime(2026, 1, 2, 3, 4, tzinfo=timezone.utc)
    calibration.verified(Verification(when, {"h": 0.2}, {"h": 0.05})).save(head)
    with pytest.raises(InputError, match=r"2026-01-02 03:04 UTC found h off by 20.0% \(at most 5.0%\); calibrate anew"):
        Calibration.load(head)
    calibration.verified(Verification(when, {"h": 0.04}, {"h": 0.05})).save(head)
    assert Calibration.load(head).verification == Verification(when, {"h": 0.04}, {"h": 0.05})


class Aged(MockBackend):
    """A chip that says that it is the one of before, and is not any more."""

    @property
    def device(self) -> str:
        return device().device


def test_verifying_tells_good_from_stale(calibration: Calibration) -> None:
    assert ns.device.verify(calibration, device(), network()).verdict == "good"
    aged = Aged("mock", "reference", Silicon(**FIGURES), 8)
    found = ns.device.verify(calibration, aged, network())
    assert found.verdict == "stale"
    assert found.off["h"] > 3 * found.allowed["h"]


def test_a_calibrated_device_is_verified_without_its_trims(calibration: Calibration) -> None:
    assert ns.device.verify(calibration, device(calibration=calibration), network()).is_good


def test_verifying_measures_a_tenth_of_the_levels() -> None:
    net = network(4, ns.LIF, ns.SpikeInput)
    chip = ns.device.mock(seed=7, gain=0.2)
    found = ns.device.calibrate(chip, net, programmings=1)
    assert (len(found.populations["h"].levels), len(levels_of(found.populations["h"]))) == (24, 2)
    assert ns.device.verify(found, chip, net).off == {"h": 0.0}


def test_verifying_another_network_is_refused(calibration: Calibration) -> None:
    with pytest.raises(InputError, match=r"another network: population h has changed"):
        ns.device.verify(calibration, device(), network(6))
    with pytest.raises(InputError, match=r"another network: population h has changed"):
        ns.device.verify(calibration, device(), network(5, ns.RateUnit(eps=0.25)))


def test_a_network_of_another_size_does_not_run(calibration: Calibration) -> None:
    program = ns.lower(network(6), ns.Schedule([ns.Phase("run", 3)], [], {"x.s": "constant"}))
    with pytest.raises(ModelError, match=r"population h has 6 neurons, of which a calibration of 5 was loaded"):
        device(calibration=calibration).compile(program)


def test_records_of_runs_have_the_digest(calibration: Calibration) -> None:
    program = ns.lower(network(), ns.Schedule([ns.Phase("run", 3)], [], {"x.s": "constant"}))
    for chip, said in ((device(), None), (device(calibration=calibration), calibration.digest)):
        with chip.compile(program) as session:
            records = session.run(ns.Trials({"x.s": np.ones((1, 2))}))
        assert records.versions.get("calibration mock") == said


def test_calibrating_a_calibrated_device_measures_it_without_trims(calibration: Calibration) -> None:
    assert ns.device.calibrate(device(calibration=calibration), network()).digest == calibration.digest


@pytest.mark.parametrize(
    ("model", "source"),
    [
        (ns.AdaptiveLIF, ns.SpikeInput),
        (ns.RefractoryLIF(v_reset=0.2), ns.SpikeInput),
        (ns.LIF(theta=0.0), ns.SpikeInput),
        (ns.TanhRateUnit, ns.Clamp),
        (ns.RateUnit(eps=2.0), ns.Clamp),
    ],
    ids=["adaptive", "reset to a value", "no threshold", "tanh", "unstable"],
)
def test_models_that_cannot_be_calibrated_are_refused(model: ns.NeuronModel, source: ns.NeuronModel) -> None:
    with pytest.raises(UnsupportedFeature, match=rf"population h of {model.name}, .* use LIF, LIFToValue, R"):
        ns.device.calibrate(device(), network(5, model, source))


def test_populations_that_differ_by_design_are_refused() -> None:
    net = ns.Network(
        [ns.Population("x", 1, ns.SpikeInput), ns.Population("h", 2, ns.LIF, parameters={"tau_mem": [10.0, 20.0]})],
        [ns.Projection("xh", "x", "h")],
    )
    with pytest.raises(UnsupportedFeature, match=r"differ between neurons by design"):
        ns.device.calibrate(device(), net)


def test_fixed_point_is_refused() -> None:
    with pytest.raises(
        UnsupportedFeature, match=r"calibration cannot run the number format of a fixed-point chip; use"
    ):
        ns.device.calibrate(device(), network(), precision=ns.FixedPoint())


def test_a_backend_that_is_no_device_is_refused() -> None:
    with pytest.raises(ModelError, match=r"backend reference is no device"):
        ns.device.calibrate(ns.load("reference")[0], network())


def test_a_population_that_there_is_not_is_refused() -> None:
    with pytest.raises(ModelError, match=r"no population 'hh'; did you mean 'h'"):
        ns.device.calibrate(device(), network(), populations=["hh"])


def test_dead_neurons_are_not_found_and_get_no_trims() -> None:
    figures = {"gain": 0.2, "dead_neurons": 0.4}
    for model, source, trials in ((ns.LIF, ns.SpikeInput, 1), (ns.RateUnit, ns.Clamp, 2)):
        chip = ns.device.mock(seed=7, **figures)
        found = ns.device.calibrate(chip, network(10, model, source), programmings=trials).populations["h"]
        alive = Fabricated(Silicon(**figures), 7).alive_neurons("h", 10).values
        assert 0 < alive.sum() < 10
        assert np.array_equal(found.is_found, alive)
        assert (found.trims.gain[alive == 0] == 1).all()


def test_what_is_not_identifiable_is_said_with_its_reason() -> None:
    net = network(2, ns.LIF, ns.SpikeInput)
    found = ns.device.calibrate(ns.device.mock(seed=7, gain=0.2), net, programmings=1).populations["h"]
    assert "both are multiplied by one number" in found.not_identified["gain and threshold apart"]
    assert "tau_syn" not in found.not_identified


def test_a_bias_of_the_model_is_not_measured() -> None:
    found = ns.device.calibrate(device(), network(5, ns.RateUnit(bias=0.3)))
    assert found.digest == ns.device.calibrate(device(), network()).digest


SCENARIO = (Path(__file__).parents[1] / "digits_sleep.toml").read_text()
TABLE = (
    '\n[devices.board]\nseed = 7\ngain = 0.2\ncalibration = "made/board.calibration.toml"\ncalibration_max_age = 30\n'
)


def test_a_path_in_a_file_is_from_the_folder_of_that_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "s.toml").write_text(SCENARIO + TABLE)
    monkeypatch.chdir(tmp_path)
    scenario = schema.read(Path("a/s.toml"))
    assert scenario.devices["board"].calibration == str(tmp_path / "a" / "made" / "board.calibration.toml")


def test_a_file_of_a_plain_network_names_no_calibration_elsewhere() -> None:
    head = '[simulation]\nname = "a"\nduration = "1 ms"\n[network]\n[devices.board]\ncalibration = "../a.toml"\n'
    with pytest.raises(SpecError, match=r"devices\.board\.calibration.*expected a file in the folder of this one"):
        simulations.parse(head)


def test_a_calibration_in_a_file_is_read_when_its_device_is_used(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(SCENARIO + TABLE)
    board = schema.read(tmp_path / "s.toml").backends()["board"]
    with pytest.raises(InputError, match=r"made/board\.calibration\.toml: it cannot be read"):
        board.versions()
