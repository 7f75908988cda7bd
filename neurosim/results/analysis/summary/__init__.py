"""Summary tables: a row for runs that share labels, a column a metric, mean and spread over seeds.

`table_of` makes one; it is data, and `rendered` gives it as Markdown, LaTeX, CSV or JSON.
"""

from neurosim.results.analysis.summary.formats import FORMATS, rendered
from neurosim.results.analysis.summary.making import INTERVALS, METRICS, TESTS, table_of
from neurosim.results.analysis.summary.table import MetricSummary, RowDifference, SummaryRow, SummaryTable

__all__ = [
    "FORMATS",
    "INTERVALS",
    "METRICS",
    "TESTS",
    "MetricSummary",
    "RowDifference",
    "SummaryRow",
    "SummaryTable",
    "rendered",
    "table_of",
]
