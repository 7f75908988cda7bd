"""A table that stands for a call of a function of neurosim: its keys are the arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from neurosim.edges.toml.table import Table


class CallTable(Table):
    """``{ kind = "random", p = 0.02 }`` stands for ``ns.random(p=0.02)``.

    Attributes
    ----------
    function
        What is called.
    """

    function: ClassVar[Callable[..., Any]]

    def build(self) -> Any:
        """What the function returns for the keys that were given.

        Raises
        ------
        ModelError
            For arguments that it refuses.
        """
        given = {name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}
        given.pop("kind", None)
        return type(self).function(**{n: v.build() if isinstance(v, CallTable) else v for n, v in given.items()})
