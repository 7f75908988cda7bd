"""How many threads BLAS uses: the order in which it adds, and so the last bit of a sum, can depend on it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]


def threads() -> int:
    """The threads of this process's BLAS."""
    return max((library["num_threads"] for library in _blas().info()), default=1)


def restrict(count: int) -> None:
    """Use `count` threads from now on."""
    if count != threads():
        _blas().limit(limits=count)


@lru_cache(maxsize=1)
def _blas() -> Any:
    """The BLAS libraries that this process has loaded; NumPy has brought its own by now."""
    return ThreadpoolController().select(user_api="blas")
