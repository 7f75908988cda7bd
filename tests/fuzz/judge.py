"""What became of a mutant."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path

from neurosim.errors import NeurosimError

from .kind import Kind, WronglyAccepted

ACCEPTED, REFUSED, TRACEBACK, WRONG, HANG, CRASH = "accepted", "refused", "traceback", "wrong", "hang", "crash"
FAULTS = (TRACEBACK, WRONG, HANG, CRASH)


@dataclass(frozen=True)
class Verdict:
    """One of the words above, and what was said of it."""

    what: str
    said: str = ""


def judged(kind: Kind, folder: Path) -> Verdict:
    """Run a mutant: an error of neurosim's own refuses it, any other is a fault."""
    try:
        kind.run(folder)
    except WronglyAccepted as wrong:
        return Verdict(WRONG, str(wrong))
    except NeurosimError as error:
        return Verdict(REFUSED, str(error))
    except KeyboardInterrupt:
        raise
    except BaseException:
        return Verdict(TRACEBACK, traceback.format_exc())
    return Verdict(ACCEPTED)
