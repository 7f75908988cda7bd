"""What a notebook shows of a result and of a comparison."""

from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
from samples import a_result

from neurosim.results.agreement.comparison import Comparison
from neurosim.results.agreement.tiers import Agreement
from neurosim.results.result import Result


def a_comparison(result: Result, max_abs_dw: float = 0.0) -> Comparison:
    return Comparison(result, Agreement(max_abs_dw, 10, 1_234, None), "T0", 1.5)


class Cells(HTMLParser):
    """The texts of an HTML document, in order."""

    def __init__(self, document: str):
        super().__init__()
        self.texts: list[str] = []
        self.feed(document)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def texts(shown: Result | Comparison) -> list[str]:
    return Cells(shown._repr_html_()).texts


def test_a_result_shows_what_ran() -> None:
    assert texts(a_result())[0] == "s on reference:numpy, seed 3"


def test_a_result_shows_its_accuracy_matrix_by_row() -> None:
    shown = texts(a_result())
    start = shown.index("Accuracies") + 1
    assert shown[start : start + 12] == [
        "after task", "task 1", "task 2", "task 3", "1", "0.900", "0.000", "0.000", "2", "0.500", "0.800", "0.000",
    ]  # fmt: skip


def test_a_result_of_many_tasks_shows_the_diagonal_and_the_last_row() -> None:
    matrix = np.eye(11) + np.tri(11, k=-1) / 4
    shown = texts(replace(a_result(matrix=matrix), samples=(1,) * 11))
    start = shown.index("Accuracies") + 1
    assert shown[start : start + 6] == ["task", "when it was trained", "after the last", "1", "1.000", "0.250"]


def test_a_result_shows_its_metrics() -> None:
    shown = texts(a_result())
    values = dict(pairwise(shown))
    assert [values[n] for n in ("accuracy", "ACC", "AIA", "BWT", "forgetting")] == [
        "0.575", "0.567", "0.706", "-0.350", "0.350",
    ]  # fmt: skip


def test_what_is_not_defined_is_a_dash() -> None:
    shown = texts(replace(a_result(matrix=np.array([[0.4]])), samples=(3,)))
    assert shown[shown.index("BWT") + 1] == shown[shown.index("forgetting") + 1] == "-"


def test_a_comparison_shows_its_row() -> None:
    assert texts(a_comparison(a_result(), max_abs_dw=2e-13))[-9:] == [
        "reference:numpy", "reference", "0.575", "2.0e-13", "1,234", "T0", "20", "1.50", "2.0",
    ]  # fmt: skip


def test_texts_are_escaped() -> None:
    odd = replace(a_result(), scenario="<b>&", backend="<i>")
    for shown in (odd, a_comparison(odd)):
        assert "<b>" not in shown._repr_html_()
        assert "<i>" not in shown._repr_html_()
        assert "&lt;i&gt;" in shown._repr_html_()
