"""Finding backends, and the folder of compiled artefacts."""

import os
import re
import threading
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from neurosim.backend import cache, registry
from neurosim.backend.contract import Capabilities
from neurosim.backend.reference import ReferenceBackend, ReferenceSession
from neurosim.errors import BackendError, BackendUnavailable, UnknownBackend, UnsupportedFeature
from neurosim.program.features import Feature
from neurosim.testing.cases.small import CASES


def test_the_reference_is_always_there_and_first() -> None:
    assert registry.names()[0] == "reference"
    backend, mode = registry.load("reference")
    assert (backend.name, mode) == ("reference", "numpy")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("refrence", "backend 'refrence': no installed package provides it; did you mean 'reference'?"),
        ("reference:nunpy", "backend 'reference:nunpy': reference has no mode 'nunpy'; did you mean 'numpy'?"),
    ],
)
def test_an_unknown_backend_or_mode_is_answered_with_the_nearest(name: str, message: str) -> None:
    with pytest.raises(UnknownBackend, match=re.escape(message)):
        registry.load(name)


def test_a_backend_whose_module_does_not_import_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = EntryPoint("broken", "no_such_simulator:Backend", registry.GROUP)
    monkeypatch.setattr(registry, "installed", lambda group: [broken])
    with pytest.raises(BackendUnavailable, match=r"backend broken: its module cannot be imported: .*no_such_simulator"):
        registry.load("broken")


class NoEvents(ReferenceBackend):
    """A backend of two modes, one of which cannot take spikes."""

    name = "noevents"

    def capabilities(self) -> Capabilities:
        return Capabilities(
            ("plain", "full"), {"plain": frozenset(Feature) - {Feature.EVENT_STIMULUS}, "full": frozenset(Feature)}
        )


def test_a_program_that_a_mode_cannot_run_is_refused_and_the_mode_that_can_is_named() -> None:
    with pytest.raises(UnsupportedFeature) as error:
        ReferenceSession(CASES["sleep"](0.1).program(), NoEvents(), "plain")
    assert str(error.value) == "backend noevents:plain cannot run stimulus:events; use noevents:full"
    assert error.value.alternatives == ("noevents:full",)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path))
    return tmp_path


def test_an_artefact_is_built_once(home: Path) -> None:
    built = []

    def build(folder: Path) -> None:
        built.append(folder)
        (folder / "a").write_text("x")

    threads = [threading.Thread(target=cache.artefact, args=("kind", "key", build)) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(built) == 1
    assert (cache.artefact("kind", "key", build) / "a").read_text() == "x"


def test_a_build_that_fails_leaves_nothing_and_can_be_tried_again(home: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").write_text("")
        raise RuntimeError("no compiler")

    with pytest.raises(RuntimeError, match="no compiler"):
        cache.artefact("kind", "key", fail)
    assert not [p for p in (home / "kind").iterdir() if p.is_dir()]
    assert cache.artefact("kind", "key", lambda _: None).is_dir()


def test_what_a_killed_build_left_goes_away_with_the_next(home: Path) -> None:
    left = home / "kind" / "key.part-dead"
    left.mkdir(parents=True)
    cache.artefact("kind", "key", lambda _: None)
    assert not left.exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_cache_that_cannot_be_written_says_how_to_choose_another(home: Path) -> None:
    home.chmod(0o500)
    with pytest.raises(BackendError, match="set NEUROSIM_CACHE to a folder that can"):
        cache.artefact("kind", "key", lambda _: None)
    home.chmod(0o700)


def test_a_cache_that_is_a_file_says_how_to_choose_another(home: Path) -> None:
    (home / "kind").write_text("")
    with pytest.raises(BackendError, match="set NEUROSIM_CACHE to a folder that can"):
        cache.artefact("kind", "key", lambda _: None)
