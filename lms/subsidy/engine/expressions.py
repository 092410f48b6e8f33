"""Formulas of a policy pack: a small subset of Python's syntax, three-valued, over exact values only.

A value is an int, a date, a text, a bool, a set of texts, a table, or None = *unknown*. Unknown spreads through
arithmetic and comparison; `and`, `or` and `not` follow Kleene: unknown is never yes, but `False and unknown` is False.
Types are checked when the pack is read, so that a formula can't fail, or silently answer no, years later.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeAlias

from lms.subsidy.engine.functions import FUNCTIONS, Kind

Scope: TypeAlias = Mapping[str, Any]
Run: TypeAlias = Callable[[Scope], Any]

_LONGEST = 600
_MOST_NODES = 120
_ORDERED = (Kind.INT, Kind.DATE)
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}

_ARITHMETIC: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}


class ExpressionError(ValueError):
    """The formula is not in the language, names something unknown, or mixes types. The message says where."""


class Root(StrEnum):
    """What may stand before a dot: `p.` a dated parameter, `line.` a field of an earlier claim line."""

    PARAMETER = "p"
    LINE = "line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """A checked formula: what it yields, which names it reads, and the function that evaluates it."""

    text: str
    kind: Kind
    names: frozenset[str]
    run: Run


@dataclass(frozen=True, slots=True)
class _Node:
    kind: Kind
    run: Run


def compile_expression(text: str, names: Mapping[str, Kind]) -> Expression:
    """The formula in `text`, checked against the kinds of `names` ("cost_fen", "p.cap_fen", "line.level").

    Raises ExpressionError.
    """
    if len(text) > _LONGEST:
        raise ExpressionError(f"the formula is longer than {_LONGEST} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError(f"{text!r} is no formula: {error}") from error
    if sum(1 for _ in ast.walk(tree)) > _MOST_NODES:
        raise ExpressionError(f"{text!r} has more than {_MOST_NODES} parts")
    compiler = _Compiler(names)
    node = compiler.visit(tree.body)
    return Expression(text=text.strip(), kind=node.kind, names=frozenset(compiler.used), run=node.run)


class _Compiler:
    """Turns each syntax node into a typed closure; what has no method here is not in the language."""

    def __init__(self, names: Mapping[str, Kind]) -> None:
        self.names = names
        self.used: set[str] = set()

    def visit(self, node: ast.expr) -> _Node:
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            raise ExpressionError(f"{ast.unparse(node)!r}: {type(node).__name__} is not in the formula language")
        visited: _Node = method(node)
        return visited

    def _of(self, node: ast.expr, *kinds: Kind) -> _Node:
        visited = self.visit(node)
        if visited.kind not in kinds:
            wanted = " or ".join(kinds)
            raise ExpressionError(f"{ast.unparse(node)!r} is {visited.kind}, but {wanted} is needed here")
        return visited

    def _constant(self, node: ast.Constant) -> _Node:
        value = node.value
        kinds: dict[type, Kind] = {bool: Kind.BOOL, int: Kind.INT, str: Kind.TEXT}
        if type(value) not in kinds:
            raise ExpressionError(f"{value!r}: only whole numbers, texts, True and False are values, no float")
        return _Node(kinds[type(value)], lambda _scope: value)

    def _name(self, node: ast.Name) -> _Node:
        return self._named(node.id)

    def _attribute(self, node: ast.Attribute) -> _Node:
        if not isinstance(node.value, ast.Name) or node.value.id not in set(Root):
            raise ExpressionError(f"{ast.unparse(node)!r}: a dot follows only `p` or `line`")
        return self._named(f"{node.value.id}.{node.attr}")

    def _named(self, name: str) -> _Node:
        if name not in self.names:
            raise ExpressionError(f"{name!r} is not declared")
        self.used.add(name)
        return _Node(self.names[name], operator.itemgetter(name))

    def _unaryop(self, node: ast.UnaryOp) -> _Node:
        if isinstance(node.op, ast.Not):
            return _Node(Kind.BOOL, _negation(self._of(node.operand, Kind.BOOL).run))
        if isinstance(node.op, ast.USub):
            return _Node(Kind.INT, _unary_minus(self._of(node.operand, Kind.INT).run))
        raise ExpressionError(f"{ast.unparse(node)!r}: this sign is not in the formula language")

    def _binop(self, node: ast.BinOp) -> _Node:
        left = self._of(node.left, Kind.INT, Kind.DATE)
        right = self._of(node.right, Kind.INT, Kind.DATE)
        pair = (left.kind, right.kind)
        match node.op, pair:
            case ((ast.Add() | ast.Sub() | ast.Mult() | ast.FloorDiv()), (Kind.INT, Kind.INT)):
                return _Node(Kind.INT, _arithmetic(node.op, left.run, right.run))
            case ((ast.Add() | ast.Sub()), (Kind.DATE, Kind.INT)):
                return _Node(Kind.DATE, _days_away(left.run, right.run, 1 if isinstance(node.op, ast.Add) else -1))
            case ast.Sub(), (Kind.DATE, Kind.DATE):
                return _Node(Kind.INT, _days_between(left.run, right.run))
        raise ExpressionError(f"{ast.unparse(node)!r}: {left.kind} and {right.kind} can't be joined by this sign")

    def _boolop(self, node: ast.BoolOp) -> _Node:
        runs = tuple(self._of(value, Kind.BOOL).run for value in node.values)
        decisive = isinstance(node.op, ast.Or)
        return _Node(Kind.BOOL, _kleene(runs, decisive=decisive))

    def _ifexp(self, node: ast.IfExp) -> _Node:
        condition = self._of(node.test, Kind.BOOL)
        yes = self.visit(node.body)
        no = self._of(node.orelse, yes.kind)
        return _Node(yes.kind, _choice(condition.run, yes.run, no.run))

    def _compare(self, node: ast.Compare) -> _Node:
        operands = [node.left, *node.comparators]
        links = [
            self._link(operands[index], op, operands[index + 1], ast.unparse(node)) for index, op in enumerate(node.ops)
        ]
        return _Node(Kind.BOOL, links[0] if len(links) == 1 else _kleene(tuple(links), decisive=False))

    def _link(self, left: ast.expr, op: ast.cmpop, right: ast.expr, text: str) -> Run:
        if isinstance(op, (ast.In, ast.NotIn)):
            inside = self._membership(left, right)
            return _negation(inside) if isinstance(op, ast.NotIn) else inside
        one, other = self.visit(left), self.visit(right)
        equality = isinstance(op, (ast.Eq, ast.NotEq))
        if type(op) not in _COMPARISONS or one.kind != other.kind or not (equality or one.kind in _ORDERED):
            raise ExpressionError(f"{text!r} compares {one.kind} with {other.kind}")
        return _comparison(_COMPARISONS[type(op)], one.run, other.run)

    def _membership(self, left: ast.expr, right: ast.expr) -> Run:
        if isinstance(right, ast.Tuple):
            item = self.visit(left)
            members = tuple(self._of(element, item.kind).run for element in right.elts)
            return _kleene(tuple(_comparison(operator.eq, item.run, member) for member in members), decisive=True)
        container = self._of(right, Kind.SET, Kind.TABLE)
        item = self._of(left, Kind.TEXT) if container.kind == Kind.SET else self._of(left, Kind.TEXT, Kind.INT)
        return _contained(item.run, container.run, as_key=container.kind == Kind.TABLE)

    def _subscript(self, node: ast.Subscript) -> _Node:
        table = self._of(node.value, Kind.TABLE)
        key = self._of(node.slice, Kind.TEXT, Kind.INT)
        return _Node(Kind.INT, _looked_up(table.run, key.run))

    def _call(self, node: ast.Call) -> _Node:
        name = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
        function = FUNCTIONS.get(name)
        if function is None or node.keywords:
            raise ExpressionError(f"{ast.unparse(node)!r}: there is no such function here")
        arguments = [self.visit(argument) for argument in node.args]
        kind = function.result(tuple(argument.kind for argument in arguments))
        if kind is None:
            given = ", ".join(argument.kind for argument in arguments)
            raise ExpressionError(f"{ast.unparse(node)!r}: {name} takes {function.usage}, not ({given})")
        return _Node(kind, function.build(tuple(argument.run for argument in arguments)))


def _negation(run: Run) -> Run:
    def negate(scope: Scope) -> Any:
        value = run(scope)
        return None if value is None else not value

    return negate


def _unary_minus(run: Run) -> Run:
    def minus(scope: Scope) -> Any:
        value = run(scope)
        return None if value is None else -value

    return minus


def _arithmetic(op: ast.operator, left: Run, right: Run) -> Run:
    if isinstance(op, ast.FloorDiv):
        return _division(left, right)
    join = _ARITHMETIC[type(op)]

    def calculate(scope: Scope) -> Any:
        one, other = left(scope), right(scope)
        return None if one is None or other is None else join(one, other)

    return calculate


def _division(left: Run, right: Run) -> Run:
    def divide(scope: Scope) -> Any:
        one, other = left(scope), right(scope)
        return None if one is None or not other else one // other

    return divide


def _days_away(start: Run, days: Run, sign: int) -> Run:
    def shift(scope: Scope) -> Any:
        day, count = start(scope), days(scope)
        if day is None or count is None:
            return None
        try:
            return day + timedelta(days=sign * count)
        except OverflowError:
            return None

    return shift


def _days_between(left: Run, right: Run) -> Run:
    def count(scope: Scope) -> Any:
        one, other = left(scope), right(scope)
        return None if one is None or other is None else (one - other).days

    return count


def _comparison(compare: Callable[[Any, Any], bool], left: Run, right: Run) -> Run:
    def judge(scope: Scope) -> Any:
        one, other = left(scope), right(scope)
        return None if one is None or other is None else compare(one, other)

    return judge


def _kleene(runs: tuple[Run, ...], *, decisive: bool) -> Run:
    """`or` if True decides, `and` if False decides; otherwise unknown wins over the rest."""

    def judge(scope: Scope) -> Any:
        answer: bool | None = not decisive
        for run in runs:
            value = run(scope)
            if value is decisive:
                return decisive
            if value is None:
                answer = None
        return answer

    return judge


def _choice(condition: Run, yes: Run, no: Run) -> Run:
    def choose(scope: Scope) -> Any:
        answer = condition(scope)
        if answer is None:
            one, other = yes(scope), no(scope)
            return one if one == other else None
        return yes(scope) if answer else no(scope)

    return choose


def _contained(item: Run, container: Run, *, as_key: bool) -> Run:
    def judge(scope: Scope) -> Any:
        value, members = item(scope), container(scope)
        if value is None or members is None:
            return None
        return (str(value) if as_key else value) in members

    return judge


def _looked_up(table: Run, key: Run) -> Run:
    """The table's value; a key that the table lacks has no value, which is unknown, never zero."""

    def look(scope: Scope) -> Any:
        values, wanted = table(scope), key(scope)
        return None if values is None or wanted is None else values.get(str(wanted))

    return look
