"""The equation language: one expression a variable, in Python syntax, never evaluated by Python itself.

Names (`s`, or `pre.s` in a rule), numbers, ``+ - * / **``, comparisons, ``and or not`` and the functions of
`FUNCTIONS`. An expression is a number or a condition, and the two are not mixed: a condition becomes a number
through ``where(condition, 1, 0)``. Trees are `ast` nodes in which `pre.s` is one name; they are never changed in
place, so a parsed text can be shared.
"""

from __future__ import annotations

import ast
import ctypes
import math
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache

from neurosim.errors import EquationError, nearest

FUNCTIONS = {
    "exp": 1, "log": 1, "sqrt": 1, "tanh": 1, "sigmoid": 1, "abs": 1, "sign": 1, "step": 1, "floor": 1,
    "minimum": 2, "maximum": 2, "clip": 3, "where": 3,
    "on_grid": 2, "floor_to_grid": 2, "truncate_to_grid": 2, "wrap": 2, "single": 1,
}  # fmt: skip
"""Function names and their number of arguments. ``step(x)`` is 1 where x >= 0, else 0; ``on_grid(x, bits)`` is x
rounded to the nearest multiple of 2**-bits, halves upwards: floor(x*2**bits + 0.5)/2**bits. ``floor_to_grid`` rounds
downwards, ``truncate_to_grid`` towards zero. ``wrap(x, limit)`` is x less the multiple of 2*limit that takes it into
(-limit, limit]; ``single(x)`` is x in single precision."""

_NO_DRAWS = "equations draw no random numbers; sources do, such as noisy_current, and distributions of values"
_INSTEAD: Mapping[str, str] = {
    "int": "expected floor(x), or of a condition where(x > 0, 1, 0)",
    "rand": _NO_DRAWS,
    "randn": _NO_DRAWS,
}
"""What is written in place of functions that others have."""

ROUNDINGS: Mapping[str, Callable[[float], float]] = {
    "on_grid": lambda x: math.floor(x + 0.5),
    "floor_to_grid": math.floor,
    "truncate_to_grid": math.trunc,
}
"""What they do to multiples of 2**-bits, counted in those; ``bits`` is a number in the program."""

EXACT: Mapping[str, Callable[..., float]] = {
    "abs": abs,
    "sign": lambda x: (x > 0) - (x < 0),
    "step": lambda x: x >= 0,
    "floor": math.floor,
    "minimum": min,
    "maximum": max,
    "clip": lambda x, low, high: min(max(x, low), high),
    **{f: lambda x, bits, rounding=rounding: rounding(x * 2.0**bits) / 2.0**bits for f, rounding in ROUNDINGS.items()},
    "wrap": lambda x, limit: x + 2 * limit * math.floor((limit - x) / (2 * limit)),
    "single": lambda x: ctypes.c_float(x).value,
}
"""Functions that give the same number everywhere; of constants they are computed when these are put in."""

LONGEST = 20_000
"""Characters of an expression."""

DEEPEST = 100
"""Operations within operations; ``a + b + c`` is two deep, for the first sum is a part of the second."""

FINEST = 1_000
"""Bits of a rounding to a grid: 2**bits and 2**-bits are numbers."""

_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)
_COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)


def name(identifier: str) -> ast.expr:
    """The tree of a variable or constant."""
    return ast.Name(identifier, ast.Load())


def number(value: float) -> ast.expr:
    """The tree of a number."""
    return ast.Constant(float(value))


def call(function: str, *arguments: ast.expr) -> ast.expr:
    """The tree of a function of `FUNCTIONS` with its arguments."""
    return ast.Call(name(function), list(arguments), [])


def text_of(tree: ast.expr) -> str:
    """The expression as text that parses to the same tree."""
    return _text_within(tree, 0)


_STRENGTH: Mapping[type, int] = {
    ast.Or: 1, ast.And: 2, ast.Not: 3, ast.Compare: 4, ast.Add: 5, ast.Sub: 5, ast.Mult: 6, ast.Div: 6, ast.USub: 7,
    ast.Pow: 8,
}  # fmt: skip
"""How strongly an operator binds: what binds less than what it stands in needs brackets."""

_SIGNS: Mapping[type, str] = {
    ast.Or: " or ", ast.And: " and ", ast.Not: "not ", ast.Add: " + ", ast.Sub: " - ", ast.Mult: " * ",
    ast.Div: " / ", ast.Pow: " ** ", ast.USub: "-", ast.Lt: " < ", ast.LtE: " <= ", ast.Gt: " > ", ast.GtE: " >= ",
    ast.Eq: " == ", ast.NotEq: " != ",
}  # fmt: skip


def _text_within(tree: ast.expr, strength: int) -> str:
    """`text_of`, in brackets where it binds less strongly than that."""
    if isinstance(tree, ast.Name):
        return tree.id
    if isinstance(tree, ast.Constant):
        return repr(tree.value) if value_of(tree) >= 0 or strength < _STRENGTH[ast.Pow] else f"({tree.value!r})"
    if isinstance(tree, ast.Call):
        return f"{function_of(tree)}({', '.join(_text_within(a, 0) for a in tree.args)})"
    own = _STRENGTH[ast.Compare if isinstance(tree, ast.Compare) else type(tree.op)]  # type: ignore[attr-defined]
    if isinstance(tree, ast.BinOp):
        power = isinstance(tree.op, ast.Pow)
        left, right = _text_within(tree.left, own + power), _text_within(tree.right, own + (not power))
        text = f"{left}{_SIGNS[type(tree.op)]}{right}"
    elif isinstance(tree, ast.UnaryOp):
        text = f"{_SIGNS[type(tree.op)]}{_text_within(tree.operand, own)}"
    elif isinstance(tree, ast.Compare):
        left, right = (_text_within(t, own + 1) for t in (tree.left, tree.comparators[0]))
        text = f"{left}{_SIGNS[type(tree.ops[0])]}{right}"
    else:
        assert isinstance(tree, ast.BoolOp), "the language has no other node"
        text = _SIGNS[type(tree.op)].join(_text_within(v, own + 1) for v in tree.values)
    return f"({text})" if own < strength else text


@lru_cache(maxsize=4096)
def parse(text: str, where: str = "equation") -> ast.expr:
    """The checked tree of an expression.

    Parameters
    ----------
    text
        The expression, for instance ``"clip(s + eps*(drive - s), 0, 1)"``.
    where
        Where it stands in the user's description; named in errors.

    Raises
    ------
    EquationError
        If it is not Python syntax, uses anything outside the language, mixes conditions with numbers, or is longer than
        `LONGEST` or deeper than `DEEPEST`.
    """
    text = str(text)
    if len(text) > LONGEST:
        raise EquationError(f"{where}: {shown(text)} has {len(text):,} characters; at most {LONGEST:,} are accepted")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's opinion of a text that we judge ourselves
            tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = (error.msg if isinstance(error, SyntaxError) else str(error)) or "nested too deep"
        raise EquationError(f"{where}: {shown(text)} is not an expression ({reason})") from None
    if (deep := depth(tree)) > DEEPEST:
        raise EquationError(f"{where}: {shown(text)} is nested {deep} deep, at most {DEEPEST} are accepted; {SHORTER}")
    checked: ast.expr = _Flatten(where, shown(text)).visit(tree)
    kind_of(checked, f"{where}: {shown(text)}")
    return checked


SHORTER = "make a part of it a state or a derived constant of its own"
"""What helps where an expression is too much."""


def shown(text: str) -> str:
    """A text of the user's in an error: quoted, of a long one its beginning."""
    return repr(text) if len(text) <= 200 else f"{text[:100]!r}..."


def depth(tree: ast.expr) -> int:
    """How many operations are within each other, at most; ``a and b and c`` are two, as sums of three are."""
    deepest, left = 0, [(tree, 0)]
    while left:
        node, outside = left.pop()
        deepest = max(deepest, outside)
        inside = outside + (len(node.values) - 1 if isinstance(node, ast.BoolOp) else 1)
        left += [(child, inside) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    return deepest


class _Flatten(ast.NodeTransformer):
    """`pre.s` to one name, numbers to floats; everything outside the language is refused."""

    def __init__(self, where: str, text: str):
        self.where, self.text = where, text

    def _refuse(self, what: str) -> EquationError:
        return EquationError(f"{self.where}: {what} in {self.text} is not part of the equation language")

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if not isinstance(node.value, ast.Name):
            raise self._refuse(f"'{ast.unparse(node)}'")
        return name(f"{node.value.id}.{node.attr}")

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in FUNCTIONS:
            raise EquationError(f"{self.where}: function '{node.id}' stands without arguments in {self.text}")
        return name(node.id)

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
            raise self._refuse(f"{node.value!r}")
        if not abs(node.value) < 2**1023:
            raise self._refuse("a number beyond 1e307")
        return number(node.value)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if not isinstance(node.func, ast.Name) or node.keywords:
            raise self._refuse(f"'{ast.unparse(node)}'")
        function = node.func.id
        if function not in FUNCTIONS:
            raise EquationError(
                f"{self.where}: unknown function '{function}' in {self.text}; "
                f"{_INSTEAD.get(function) or nearest(function, FUNCTIONS)}"
            )
        if len(node.args) != FUNCTIONS[function]:
            raise EquationError(
                f"{self.where}: '{function}' takes {FUNCTIONS[function]} argument(s), "
                f"found {len(node.args)} in {self.text}"
            )
        arguments = [self.visit(a) for a in node.args]
        if function in ROUNDINGS and not _is_whole(arguments[1]):
            raise EquationError(
                f"{self.where}: the bits of {function} are a whole number from 0 to {FINEST:,}, in {self.text}"
            )
        if function == "wrap" and not (isinstance(arguments[1], ast.Constant) and value_of(arguments[1]) > 0):
            raise EquationError(f"{self.where}: the limit of wrap is a number above 0, in {self.text}")
        return call(function, *arguments)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        if not isinstance(node.op, _OPERATORS):
            raise self._refuse(f"operator {type(node.op).__name__}")
        return ast.BinOp(self.visit(node.left), node.op, self.visit(node.right))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        if not isinstance(node.op, (ast.USub, ast.UAdd, ast.Not)):
            raise self._refuse(f"operator {type(node.op).__name__}")
        operand = self.visit(node.operand)
        return operand if isinstance(node.op, ast.UAdd) else ast.UnaryOp(node.op, operand)

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        if len(node.ops) != 1 or not isinstance(node.ops[0], _COMPARISONS):
            raise self._refuse(f"comparison '{ast.unparse(node)}'")
        return ast.Compare(self.visit(node.left), node.ops, [self.visit(node.comparators[0])])

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        return ast.BoolOp(node.op, [self.visit(v) for v in node.values])

    def generic_visit(self, node: ast.AST) -> ast.AST:
        raise self._refuse(type(node).__name__)


def _is_whole(tree: ast.expr) -> bool:
    return isinstance(tree, ast.Constant) and value_of(tree).is_integer() and 0 <= value_of(tree) <= FINEST


def kind_of(tree: ast.expr, where: str = "equation") -> str:
    """'number' or 'condition'.

    Raises
    ------
    EquationError
        Where one stands in place of the other.
    """

    def demand(part: ast.expr, kind: str) -> None:
        found = kind_of(part, where)
        if found != kind:
            hint = "; write where(condition, 1, 0)" if kind == "number" else "; compare it with a number"
            raise EquationError(f"{where}: '{text_of(part)}' is a {found}, a {kind} is expected{hint}")

    if isinstance(tree, ast.Compare):
        demand(tree.left, "number")
        demand(tree.comparators[0], "number")
        return "condition"
    if isinstance(tree, ast.BoolOp):
        for value in tree.values:
            demand(value, "condition")
        return "condition"
    if isinstance(tree, ast.UnaryOp):
        kind = "condition" if isinstance(tree.op, ast.Not) else "number"
        demand(tree.operand, kind)
        return kind
    if isinstance(tree, ast.BinOp):
        demand(tree.left, "number")
        demand(tree.right, "number")
    if isinstance(tree, ast.Call):
        for i, argument in enumerate(tree.args):
            condition = function_of(tree) == "where" and i == 0
            demand(argument, "condition" if condition else "number")
    return "number"


def value_of(tree: ast.Constant) -> float:
    """The number that a constant node stands for; a checked tree has no other constants."""
    assert isinstance(tree.value, float)
    return tree.value


def function_of(tree: ast.Call) -> str:
    """The name of the function that a node calls; a checked tree calls no other thing."""
    assert isinstance(tree.func, ast.Name)
    return tree.func.id


def names_in(tree: ast.expr) -> set[str]:
    """Names of variables and constants; functions are not among them."""
    found: set[str] = set()
    left = [tree]
    while left:
        node = left.pop()
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif not isinstance(node, ast.Constant):
            left += _operands(node)
    return found


def _operands(tree: ast.expr) -> Sequence[ast.expr]:
    """The expressions that an operation, a comparison or a call is made of."""
    if isinstance(tree, ast.BinOp):
        return (tree.left, tree.right)
    if isinstance(tree, ast.Call):
        return tree.args
    if isinstance(tree, ast.UnaryOp):
        return (tree.operand,)
    if isinstance(tree, ast.Compare):
        return (tree.left, *tree.comparators)
    return tree.values if isinstance(tree, ast.BoolOp) else ()


def check(text: str, known: Collection[str], where: str, kind: str = "number") -> ast.expr:
    """The tree of `text`, all of whose names are `known` and which is of the given kind.

    Raises
    ------
    EquationError
        For an unknown name, the other kind, or whatever `parse` refuses.
    """
    tree = parse(text, where)
    for unknown in sorted(n for n in names_in(tree) if n not in known):
        side = unknown.rpartition(".")[0]
        alike = [n for n in known if n.rpartition(".")[0] == side] or known
        raise EquationError(f"{where}: unknown name '{unknown}' in {shown(text)}; {nearest(unknown, alike)}")
    if kind_of(tree, where) != kind:
        raise EquationError(f"{where}: {shown(text)} is not a {kind}")
    return tree


def substitute(tree: ast.expr, change: Callable[[str], ast.expr | None]) -> ast.expr:
    """A copy of the tree in which every name for which `change` has an answer is replaced by it."""
    if isinstance(tree, ast.Name):
        return change(tree.id) or tree
    if isinstance(tree, ast.Constant):
        return tree
    if isinstance(tree, ast.BinOp):
        return ast.BinOp(substitute(tree.left, change), tree.op, substitute(tree.right, change))
    if isinstance(tree, ast.Call):
        return ast.Call(tree.func, [substitute(a, change) for a in tree.args], [])
    if isinstance(tree, ast.UnaryOp):
        return ast.UnaryOp(tree.op, substitute(tree.operand, change))
    if isinstance(tree, ast.Compare):
        return ast.Compare(substitute(tree.left, change), tree.ops, [substitute(c, change) for c in tree.comparators])
    assert isinstance(tree, ast.BoolOp), "the language has no other node"
    return ast.BoolOp(tree.op, [substitute(v, change) for v in tree.values])


def rename(tree: ast.expr, names: Mapping[str, str]) -> ast.expr:
    """A copy of the tree with other names; those that are not among the keys stay."""
    return substitute(tree, lambda n: name(names[n]) if n in names else None)


def replaced(tree: ast.expr, part: str, by: str) -> ast.expr:
    """A copy of the tree with a name in the place of every part of it whose text is `part`, as `text_of` writes it."""
    if text_of(tree) == part:
        return name(by)
    if isinstance(tree, ast.BinOp):
        return ast.BinOp(replaced(tree.left, part, by), tree.op, replaced(tree.right, part, by))
    if isinstance(tree, ast.Call):
        return ast.Call(tree.func, [replaced(a, part, by) for a in tree.args], [])
    if isinstance(tree, ast.UnaryOp):
        return ast.UnaryOp(tree.op, replaced(tree.operand, part, by))
    if isinstance(tree, ast.Compare):
        return ast.Compare(replaced(tree.left, part, by), tree.ops, [replaced(c, part, by) for c in tree.comparators])
    return tree


def fold(tree: ast.expr, values: Mapping[str, float]) -> ast.expr:
    """Put numbers in place of names and drop what they make void (x*0, x*1, x+0, number op number).

    Values do not change, only the sign of a zero can; functions whose last bit may differ are left to be computed where
    the equation runs.

    Raises
    ------
    EquationError
        If a constant denominator is zero, or an operation on constants has no finite value.
    """
    if isinstance(tree, ast.Constant):
        return tree
    if isinstance(tree, ast.Name):
        return number(values[tree.id]) if tree.id in values else tree
    if isinstance(tree, ast.BinOp):
        return _simplify(fold(tree.left, values), tree.op, fold(tree.right, values))
    if isinstance(tree, ast.Call):
        return _folded_call(function_of(tree), [fold(a, values) for a in tree.args])
    if isinstance(tree, ast.UnaryOp):
        operand = fold(tree.operand, values)
        if isinstance(tree.op, ast.USub) and isinstance(operand, ast.Constant):
            return number(-value_of(operand))
        return ast.UnaryOp(tree.op, operand)
    if isinstance(tree, ast.Compare):
        return ast.Compare(fold(tree.left, values), tree.ops, [fold(c, values) for c in tree.comparators])
    assert isinstance(tree, ast.BoolOp), "the language has no other node"
    return ast.BoolOp(tree.op, [fold(v, values) for v in tree.values])


def _folded_call(function: str, arguments: list[ast.expr]) -> ast.expr:
    numbers = [value_of(a) for a in arguments if isinstance(a, ast.Constant)]
    if function in EXACT and len(numbers) == len(arguments):
        return _finite(lambda: EXACT[function](*numbers), call(function, *arguments))
    return call(function, *arguments)


def _finite(compute: Callable[[], float], tree: ast.expr) -> ast.Constant:
    """The value of an operation on numbers.

    Raises
    ------
    EquationError
        If it has none.
    """
    try:
        value = compute()
    except (ArithmeticError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise EquationError(f"'{text_of(tree)}' is not a finite number")
    return ast.Constant(float(value))


_ARITHMETIC: dict[type, Callable[[float, float], float]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: math.pow(a, b),
}


def _simplify(left: ast.expr, op: ast.operator, right: ast.expr) -> ast.expr:
    a = value_of(left) if isinstance(left, ast.Constant) else None
    b = value_of(right) if isinstance(right, ast.Constant) else None
    second = _known(right)
    first = None if second is None else _known(left)
    if isinstance(op, ast.Div) and second == 0:
        raise EquationError(f"'{text_of(ast.BinOp(left, op, right))}' divides by a constant that is zero")
    if first is not None and second is not None:
        value = _finite(lambda: _ARITHMETIC[type(op)](first, second), ast.BinOp(left, op, right))
        if a is not None and b is not None and not isinstance(op, ast.Pow):
            return value
    if isinstance(op, ast.Mult) and (a == 0 or b == 0):
        return number(0.0)
    if (isinstance(op, ast.Mult) and a == 1) or (isinstance(op, ast.Add) and a == 0):
        return right
    if (isinstance(op, (ast.Mult, ast.Div, ast.Pow)) and b == 1) or (isinstance(op, (ast.Add, ast.Sub)) and b == 0):
        return left
    return ast.BinOp(left, op, right)


def _known(tree: ast.expr) -> float | None:
    """Of a number, or of powers of numbers, what it comes to, perhaps but for the last bit."""
    if isinstance(tree, ast.Constant):
        return value_of(tree)
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        value = _known(tree.operand)
        return None if value is None else -value
    if isinstance(tree, ast.BinOp):
        a, b = _known(tree.left), _known(tree.right)
        return None if a is None or b is None else _ARITHMETIC[type(tree.op)](a, b)
    return None


Interval = tuple[float, float]
ANY: Interval = (-math.inf, math.inf)


def bounds(tree: ast.expr, known: Mapping[str, Interval]) -> Interval:
    """An interval that holds every value of the expression; names not in `known` may be anything."""
    if isinstance(tree, ast.Constant):
        return (value_of(tree), value_of(tree))
    if isinstance(tree, ast.Name):
        return known.get(tree.id, ANY)
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        low, high = bounds(tree.operand, known)
        return (-high, -low)
    if isinstance(tree, ast.BinOp):
        low, high = _bounds_of_operation(tree.op, bounds(tree.left, known), bounds(tree.right, known))
        return (low, high) if low <= high else ANY  # NaN, where both overflow
    if isinstance(tree, ast.Call):
        return _bounds_of_call(function_of(tree), [bounds(a, known) for a in tree.args])
    return ANY


def _bounds_of_operation(op: ast.operator, a: Interval, b: Interval) -> Interval:
    if isinstance(op, ast.Add):
        return (a[0] + b[0], a[1] + b[1])
    if isinstance(op, ast.Sub):
        return (a[0] - b[1], a[1] - b[0])
    if isinstance(op, ast.Mult):
        corners = [0.0 if 0 in (x, y) else x * y for x in a for y in b]
        return (min(corners), max(corners))
    if isinstance(op, ast.Div) and b[0] == b[1] != 0:
        return _bounds_of_operation(ast.Mult(), a, (1 / b[0], 1 / b[0]))
    return ANY


def _bounds_of_call(function: str, parts: list[Interval]) -> Interval:
    if function in ("step", "sigmoid"):
        return (0.0, 1.0)
    if function in ("tanh", "sign"):
        return (-1.0, 1.0)
    if function in ("exp", "sqrt", "abs"):
        return (0.0, math.inf if function != "abs" else max(abs(parts[0][0]), abs(parts[0][1])))
    if function == "where":
        return (min(parts[1][0], parts[2][0]), max(parts[1][1], parts[2][1]))
    if function == "minimum":
        return (min(parts[0][0], parts[1][0]), min(parts[0][1], parts[1][1]))
    if function == "maximum":
        return (max(parts[0][0], parts[1][0]), max(parts[0][1], parts[1][1]))
    if function == "clip":
        value, low, high = parts
        return (max(low[0], min(value[0], high[0])), min(high[1], max(value[1], low[1])))
    if function in ROUNDINGS:
        a, b = parts[0]
        return (a if math.isinf(a) else float(math.floor(a)), b if math.isinf(b) else float(math.ceil(b)))
    if function == "wrap":
        return (-parts[1][1], parts[1][1])
    if function == "single":
        return parts[0] if parts[0] in ((0.0, 1.0), (-1.0, 1.0)) else ANY
    return ANY
