"""The tree of errors at the top of their module is the real one."""

from neurosim import errors
from neurosim.errors import NeurosimError


def drawn(error: type[NeurosimError], indent: str = "") -> list[str]:
    """The lines below an error, in the order in which the module defines them."""
    children = [c for c in error.__subclasses__() if c.__module__ == errors.__name__]
    lines = []
    for child in children:
        last = child is children[-1]
        lines.append(f"{indent}{'└── ' if last else '├── '}{child.__name__} ({child.__bases__[-1].__name__})")
        lines += drawn(child, indent + ("    " if last else "│   "))
    return lines


def test_the_tree_is_drawn_as_it_is() -> None:
    tree = "\n".join(["NeurosimError (Exception)", *drawn(NeurosimError)])
    assert errors.__doc__ is not None
    assert errors.__doc__.endswith(f"\n\n{tree}\n")
