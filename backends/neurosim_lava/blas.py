"""How many threads BLAS uses: the order in which it adds, and so the last bit of a sum, can depend on it."""

from __future__ import annotations

from threadpoolctl import threadpool_info, threadpool_limits  # type: ignore[import-untyped]


def threads() -> int:
    """The threads of this process's BLAS."""
    return max((pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"), default=1)


def restrict(count: int) -> None:
    """Use `count` threads from now on."""
    if count != threads():
        threadpool_limits(count, user_api="blas")
