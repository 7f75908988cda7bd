"""What is said to stay infinite or NaN does so, and what may become finite again is not said to stay."""

import numpy as np
import pytest

from neurosim.model.equations.expressions import parse
from neurosim.model.equations.printers import NumpyPrinter
from neurosim.program.source.non_finite import stays_non_finite
from neurosim.program.source.statements import ENVIRONMENT

VALUES = np.array([-np.inf, -2.0, -0.5, 0.0, 0.5, 3.0, np.inf, np.nan])


@pytest.mark.parametrize(
    "text",
    [
        "w", "-w", "w + x", "x - w", "w*x", "w/x", "abs(w)", "0.5*(w - x)*y", "on_grid(w + x, 4)",
        "truncate_to_grid(w, 2)", "floor_to_grid(-w, 2)", "single(w)", "where(x > 0, w, w + y)",
    ],
)  # fmt: skip
def test_what_stays_non_finite_is_so_whatever_the_other_values(text: str) -> None:
    tree = parse(text)
    assert stays_non_finite(tree, "w")
    x, y = (a.ravel() for a in np.meshgrid(VALUES, VALUES))
    for w in (np.inf, -np.inf, np.nan):
        with np.errstate(all="ignore"):
            found = eval(NumpyPrinter(str)(tree), dict(ENVIRONMENT), {"w": np.full(len(x), w), "x": x, "y": y})
        assert not np.isfinite(found).any(), w


@pytest.mark.parametrize(
    "text", ["x", "0.5", "x/w", "clip(w, -1, 1)", "minimum(w, x)", "maximum(w, x)", "where(w > 0, w, x)",
             "sign(w)", "exp(w)", "tanh(w)", "step(w)", "w**x", "where(x > 0, y, w)"],
)  # fmt: skip
def test_what_may_become_finite_is_not_said_to_stay(text: str) -> None:
    assert not stays_non_finite(parse(text), "w")
