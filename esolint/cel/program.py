"""Tree → closures, and what comes of running them.

Each node becomes a function of a frame. A frame is a list: the steps that are left, whether
holes were put into the values, and then the values of the variables, those of macros included.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple, TypeAlias

from esolint.cel import functions as fn
from esolint.cel.functions import Failure, Hole, mismatch, worse
from esolint.cel.syntax import (
    Call,
    CelError,
    Entries,
    Has,
    Index,
    Items,
    Literal,
    Macro,
    Name,
    Node,
    Select,
    parse,
)
from esolint.go import parse_duration
from esolint.value import Route, Value

BUDGET = 1_000_000
"""Steps of an evaluation; a step is about one node of the tree, run once."""
MAX_DEPTH = 200
"""Levels of a tree; a chain of n equal operators other than && and || has n."""

Frame: TypeAlias = "list[Any]"
Run: TypeAlias = "Callable[[Frame], Any]"
Holes: TypeAlias = "Callable[[str, Route], bool]"


class Failed(NamedTuple):
    """The evaluation ended in an error of CEL: no such key, wrong types, a number too large."""

    why: str


class Unknown(NamedTuple):
    """The result hangs on a hole, or takes more than esolint spends on it."""

    why: str


Outcome: TypeAlias = "Value | fn.Duration | fn.Type | fn.Url | Failed | Unknown"


class Program:
    """A compiled expression.

    `variables` are the names that it reads: one with `oldSelf` among them is a transition
    rule. `extensions` names what it uses beside the portable subset.
    """

    __slots__ = ("_frame", "_reads", "_run", "_slots", "extensions", "text", "tree")

    def __init__(
        self,
        text: str,
        tree: Node,
        run: Run,
        slots: dict[str, int],
        size: int,
        extensions: frozenset[str],
    ) -> None:
        self.text = text
        self.tree = tree
        self.extensions = extensions
        self._run = run
        self._slots = slots
        self._frame: Frame = [BUDGET, False, *[None] * size]
        self._reads: dict[tuple[str, Route], bool] | None = None

    @property
    def variables(self) -> frozenset[str]:
        return frozenset(self._slots)

    @property
    def portable(self) -> bool:
        return not self.extensions

    @property
    def routes(self) -> frozenset[tuple[str, Route]]:
        """The places that it reads, as far as the text says: (variable, route) pairs.

        `"*"` stands for any key or index: `spec.data.all(d, has(d.key))` reads
        `("spec", ("data",))` and `("spec", ("data", "*", "key"))`.
        """
        return frozenset(self._places())

    def evaluate(self, bindings: Mapping[str, Value], unknown: Holes | None = None) -> Outcome:
        """Return the value, or why there is none: Failed or Unknown.

        `bindings` has a value for each of `variables`; the values are not changed.
        `unknown(variable, route)` says whether what stands at a place is a hole; it is asked
        for places that exist and that the expression may read. A result that is the same
        whatever the holes hold is a value: `false && hole` is false, `has(hole)` true.
        """
        frame = self._frame.copy()
        for name, slot in self._slots.items():
            if name not in bindings:
                return Failed(f"no value for the variable {name}")
            frame[slot] = bindings[name]
        try:
            if unknown is not None:
                for (variable, route), whole in self._places().items():
                    slot = self._slots[variable]
                    frame[slot] = _planted(frame, frame[slot], variable, (), route, whole, unknown)
            value = self._run(frame)
            if frame[1]:
                _refuse_holes(frame, value)
        except Failure as failure:
            return Unknown(failure.why) if failure.unknown else Failed(failure.why)
        except RecursionError:
            return Unknown("the values are nested too deeply")
        return value  # type: ignore[no-any-return]

    def _places(self) -> dict[tuple[str, Route], bool]:
        if self._reads is None:
            self._reads = _reads(self.tree, self._slots)
        return self._reads


def compile(text: str, variables: Collection[str], *, escaped: bool = False) -> Program:
    """Compile an expression over these variables. Raises CelError.

    With `escaped` the names of fields are read as in the rules of a CRD (see `parse`).
    """
    tree = parse(text, escaped)
    compiler = _Compiler(variables)
    run = compiler.run(tree)
    return Program(text, tree, run, compiler.slots, compiler.size, frozenset(compiler.extensions))


def _reads(tree: Node, variables: Collection[str]) -> dict[tuple[str, Route], bool]:
    """Return the places that a tree reads, and whether what lies below each may matter too.

    `has(x.a)` and `size(x.a)` read `x.a` and nothing below it; `x.a == y` reads all of it.
    """
    found: dict[tuple[str, Route], bool] = {}
    Places: TypeAlias = "tuple[tuple[str, Route], ...]"

    def note(places: Places, whole: bool) -> None:
        for place in places:
            found[place] = whole or found.get(place, False)

    def below(places: Places, step: str) -> Places:
        return tuple((variable, (*route, step)) for variable, route in places)

    def visit(node: Node, scope: dict[str, Places]) -> Places:
        """Note what is read on the way and return the places where the node's value stands."""
        match node:
            case Name():
                if node.name in scope:
                    return scope[node.name]
                return ((node.name, ()),) if node.name in variables else ()
            case Select():
                return below(visit(node.operand, scope), node.field)
            case Has():
                note(below(visit(node.operand, scope), node.field), whole=False)
            case Index():
                note(visit(node.key, scope), whole=True)
                step = _text(node.key)
                return below(visit(node.operand, scope), "*" if step is None else step)
            case Macro():
                places = visit(node.range, scope)
                note(places, whole=False)
                inner = {**scope, node.variable: below(places, "*")}
                for part in node.body:
                    note(visit(part, inner), whole=True)
                return places if node.macro == "filter" else ()
            case Call(function="?:"):
                condition, then, otherwise = node.args
                note(visit(condition, scope), whole=True)
                return visit(then, scope) + visit(otherwise, scope)
            case Call():
                for operand in node.args if node.target is None else (node.target, *node.args):
                    note(visit(operand, scope), whole=node.function != "size")
            case Items():
                for item in node.items:
                    note(visit(item, scope), whole=True)
            case Entries():
                for entry in node.entries:
                    for part in entry:
                        note(visit(part, scope), whole=True)
        return ()

    note(visit(tree, {}), whole=True)
    return found


def _planted(
    frame: Frame, value: Any, variable: str, here: Route, rest: Route, whole: bool, unknown: Holes
) -> Any:
    """Return `value` with a Hole for each hole on the way down `rest`, and below with `whole`."""
    if type(value) is Hole:
        return value
    if unknown(variable, here):
        frame[1] = True
        return Hole(variable, here)
    if not (rest or whole):
        return value
    frame[0] -= 1
    if frame[0] < 0:
        raise fn.exhausted()
    every = not rest or rest[0] == "*"
    steps: Any = ()
    if type(value) is dict:
        steps = value if every else [step for step in rest[:1] if step in value]
    elif type(value) is list and every:
        steps = range(len(value))
    copy: Any = None
    for step in steps:
        item = value[step]
        new = _planted(frame, item, variable, (*here, step), rest[1:], whole, unknown)
        if new is not item:
            copy = value.copy() if copy is None else copy
            copy[step] = new
    return value if copy is None else copy


def _refuse_holes(frame: Frame, value: Any) -> None:
    """Raise Failure where a result is a hole or holds one."""
    stack = [value]
    for item in stack:
        if type(item) is Hole:
            raise Failure(item.why, unknown=True)
        if type(item) is dict or type(item) is list:
            frame[0] -= len(item)
            if frame[0] < 0:
                raise fn.exhausted()
            stack += item.values() if type(item) is dict else item


class _Compiler:
    """Turns nodes into closures; knows which slot of the frame belongs to which variable."""

    __slots__ = ("allowed", "count", "depth", "extensions", "scope", "size", "slots")

    def __init__(self, allowed: Collection[str]) -> None:
        self.allowed = allowed
        self.slots: dict[str, int] = {}
        self.scope: dict[str, int] = {}
        self.size = 0
        self.depth = 0
        self.count = 0
        self.extensions: set[str] = set()

    def run(self, node: Node) -> Run:
        self.count += 1
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise CelError(f"nested deeper than {MAX_DEPTH} levels", node.column)
        run = _BUILD[type(node)](self, node)
        self.depth -= 1
        return run

    def slot(self, name: str) -> int | None:
        """Return where a variable's value stands in the frame; None if there is no such one."""
        found = self.scope.get(name, self.slots.get(name))
        if found is None and name in self.allowed:
            found = self.slots[name] = self.new_slot()
        return found

    def new_slot(self) -> int:
        self.size += 1
        return self.size + 1

    def literal(self, node: Literal) -> Run:
        return _constant(node.value)

    def name(self, node: Name) -> Run:
        slot = self.slot(node.name)
        if slot is not None:
            return operator.itemgetter(slot)
        for kind in fn.TYPES.values():
            if kind.name == node.name:
                self.extensions.add(f"the type {kind.name}")
                return _constant(kind)
        raise CelError(f"unknown identifier {node.name}", node.column)

    def select(self, node: Node) -> Run:
        fields: list[str] = []
        while True:
            if isinstance(node, Select):
                fields.append(node.field)
            elif isinstance(node, Index) and (key := _text(node.key)) is not None:
                fields.append(key)
            else:
                break
            node = node.operand
        path = tuple(reversed(fields))
        self.count += len(path)
        slot = self.slot(node.name) if isinstance(node, Name) else None
        return _path(self.run(node), path) if slot is None else _slot_path(slot, path)

    def has(self, node: Has) -> Run:
        operand, field = self.run(node.operand), node.field

        def run(frame: Frame) -> bool:
            value = operand(frame)
            if type(value) is dict:
                return field in value
            raise mismatch("has()", value)

        return run

    def index(self, node: Index) -> Run:
        if _text(node.key) is not None:
            return self.select(node)
        operand, key = self.run(node.operand), self.run(node.key)
        return lambda frame: fn.element(operand(frame), key(frame))

    def items(self, node: Items) -> Run:
        if all(type(item) is Literal for item in node.items):
            self.count += len(node.items)
            return _constant([item.value for item in node.items if isinstance(item, Literal)])
        items = list(map(self.run, node.items))
        return lambda frame: [item(frame) for item in items]

    def entries(self, node: Entries) -> Run:
        entries = [(self.run(key), self.run(value)) for key, value in node.entries]

        def run(frame: Frame) -> dict[Any, Any]:
            result: dict[Any, Any] = {}
            for key_of, value_of in entries:
                key = key_of(frame)
                if type(key) is bool:
                    raise Failure("a bool as the key of a map is not supported", unknown=True)
                if type(key) is not str and type(key) is not int:
                    raise mismatch("the key of a map", key)
                if key in result:
                    raise Failure("a key stands twice in a map")
                result[key] = value_of(frame)
            return result

        return run

    def call(self, node: Call) -> Run:
        name = node.function
        if name in _OPERATORS:
            return _OPERATORS[name](self, node)
        target = node.target
        if isinstance(target, Name) and self.slot(target.name) is None:
            library = f"{target.name}.{name}"
            if library in fn.FUNCTIONS:
                name, target = library, None
            elif target.name in fn.LIBRARIES:
                raise CelError(f"{library}() is not supported", target.column)
        function = fn.FUNCTIONS.get(name)
        if function is None:
            if name in fn.REFUSED:
                raise CelError(f"{name}() is not supported", node.column)
            raise CelError(f"unknown function {name}()", node.column)
        if function.style == ("function" if target else "method"):
            raise CelError(f"{name}() is called as a {function.style}", node.column)
        operands = node.args if target is None else (target, *node.args)
        most = len(function.takes)
        if not most - function.optional <= len(operands) <= most:
            raise CelError(f"{name}() does not take {len(node.args)} arguments", node.column)
        if not function.portable:
            self.extensions.add(f"{name}()")
        literal = _text(operands[-1])
        if name == "duration" and literal is not None:
            try:
                return _constant(fn.Duration(parse_duration(literal)))
            except ValueError:
                raise CelError("not a duration", operands[0].column) from None
        if name in ("matches", "find") and literal is not None:
            try:
                fn.regex(literal)
            except Failure as failure:
                if not failure.unknown:
                    raise CelError(failure.why, operands[1].column) from None
        return _applied(name, function, list(map(self.run, operands)))

    def junction(self, node: Call) -> Run:
        """Build && and ||: an operand that decides does so whatever the others fail with."""
        sign = node.function
        decisive = sign == "||"
        terms = list(map(self.run, node.args))

        def run(frame: Frame) -> Any:
            pending: Failure | None = None
            for term in terms:
                try:
                    value = term(frame)
                except Failure as failure:
                    pending = worse(pending, failure)
                else:
                    if value is decisive:
                        return decisive
                    if type(value) is not bool:
                        pending = worse(pending, mismatch(sign, value))
            if pending is not None:
                raise pending
            return not decisive

        return run

    def conditional(self, node: Call) -> Run:
        condition, then, otherwise = map(self.run, node.args)

        def run(frame: Frame) -> Any:
            value = condition(frame)
            if value is True:
                return then(frame)
            if value is False:
                return otherwise(frame)
            raise mismatch("?:", value)

        return run

    def negation(self, node: Call) -> Run:
        operand = self.run(node.args[0])

        def run(frame: Frame) -> bool:
            value = operand(frame)
            if type(value) is bool:
                return not value
            raise mismatch("!", value)

        return run

    def equality(self, node: Call) -> Run:
        one, other = node.args
        if _text(one) is not None:
            one, other = other, one
        negated = node.function == "!="
        left, equal, text = self.run(one), fn.equal, _text(other)
        if text is not None:
            self.count += 1

            def run(frame: Frame) -> bool:
                value = left(frame)
                if type(value) is Hole:
                    raise mismatch("==", value)
                return (type(value) is str and value == text) is not negated

            return run
        right = self.run(other)
        return lambda frame: equal(left(frame), right(frame), frame) is not negated

    def ordering(self, node: Call) -> Run:
        sign = node.function
        compare = _COMPARE[sign]
        left, right = self.run(node.args[0]), self.run(node.args[1])
        ordered, order = fn.ORDERED, fn.order

        def run(frame: Frame) -> bool:
            a, b = left(frame), right(frame)
            kind = type(a)
            if kind is not type(b) or kind not in ordered:
                a, b = order(sign, a, b)
            return compare(a, b)

        return run

    def membership(self, node: Call) -> Run:
        item, container = self.run(node.args[0]), self.run(node.args[1])
        listed = node.args[1]
        texts = frozenset(map(_text, listed.items)) if isinstance(listed, Items) else frozenset()
        if texts and None not in texts:

            def run(frame: Frame) -> bool:
                value = item(frame)
                if type(value) is Hole:
                    raise mismatch("in", value)
                return type(value) is str and value in texts

            return run
        contains = fn.contains
        return lambda frame: contains(item(frame), container(frame), frame)

    def arithmetic(self, node: Call) -> Run:
        operands = list(map(self.run, node.args))
        if len(operands) == 1:
            (only,) = operands
            return lambda frame: fn.negate(only(frame))
        compute = _ARITHMETIC[node.function]
        left, right = operands
        return lambda frame: compute(left(frame), right(frame))

    def macro(self, node: Macro) -> Run:
        source = self.run(node.range)
        slot = self.new_slot()
        scope, before = self.scope, self.count
        self.scope = {**scope, node.variable: slot}
        body = list(map(self.run, node.body))
        self.scope = scope
        cost = self.count - before + 1
        if node.macro in ("all", "exists"):
            return _quantifier(node.macro, source, slot, body[0], cost)
        return _collector(node.macro, source, slot, body, cost)


_BUILD: dict[type, Callable[[_Compiler, Any], Run]] = {
    Literal: _Compiler.literal,
    Name: _Compiler.name,
    Select: _Compiler.select,
    Has: _Compiler.has,
    Index: _Compiler.index,
    Call: _Compiler.call,
    Macro: _Compiler.macro,
    Items: _Compiler.items,
    Entries: _Compiler.entries,
}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": fn.add,
    "-": fn.subtract,
    "*": fn.multiply,
    "/": fn.divide,
    "%": fn.modulo,
}
_OPERATORS: dict[str, Callable[[_Compiler, Call], Run]] = {
    "&&": _Compiler.junction,
    "||": _Compiler.junction,
    "?:": _Compiler.conditional,
    "!": _Compiler.negation,
    "==": _Compiler.equality,
    "!=": _Compiler.equality,
    "in": _Compiler.membership,
    **dict.fromkeys(_COMPARE, _Compiler.ordering),
    **dict.fromkeys(_ARITHMETIC, _Compiler.arithmetic),
}


def _text(node: Node) -> str | None:
    return node.value if isinstance(node, Literal) and isinstance(node.value, str) else None


def _constant(value: Any) -> Run:
    return lambda frame: value


def _slot_path(slot: int, path: tuple[str, ...]) -> Run:
    """Select fields of a variable's value; the usual short paths without a loop."""
    first, second = (*path, "")[:2]

    def one(frame: Frame) -> Any:
        try:
            return frame[slot][first]
        except (KeyError, TypeError):
            raise _no_field(frame[slot], path) from None

    def two(frame: Frame) -> Any:
        try:
            return frame[slot][first][second]
        except (KeyError, TypeError):
            raise _no_field(frame[slot], path) from None

    if len(path) > 2:
        return _path(operator.itemgetter(slot), path)
    return one if len(path) == 1 else two


def _path(operand: Run, path: tuple[str, ...]) -> Run:
    def run(frame: Frame) -> Any:
        start = value = operand(frame)
        try:
            for field in path:
                value = value[field]
        except (KeyError, TypeError):
            raise _no_field(start, path) from None
        return value

    return run


def _no_field(value: Any, path: tuple[str, ...]) -> Failure:
    """Say where a path ends too early. Only the text's own words are named, never a value."""
    for field in path:
        if type(value) is not dict:
            return mismatch(f".{field}", value)
        if field not in value:
            return Failure(f"no such key: {field}")
        value = value[field]
    raise AssertionError("the path leads somewhere")


def _applied(name: str, function: fn.Function, operands: list[Run]) -> Run:
    apply, takes = function.run, function.takes
    if len(operands) == 1:
        (only,), kind = operands, takes[0]

        def unary(frame: Frame) -> Any:
            value = only(frame)
            if kind is None or type(value) is kind:
                return apply(frame, value)
            raise mismatch(f"{name}()", value)

        return unary
    if len(operands) == 2:
        (left, right), (kind, other) = operands, takes[:2]

        def binary(frame: Frame) -> Any:
            a, b = left(frame), right(frame)
            if (kind is None or type(a) is kind) and (other is None or type(b) is other):
                return apply(frame, a, b)
            raise mismatch(f"{name}()", a, b)

        return binary

    def run(frame: Frame) -> Any:
        values = [operand(frame) for operand in operands]
        for value, kind in zip(values, takes, strict=False):
            if kind is not None and type(value) is not kind:
                raise mismatch(f"{name}()", *values)
        return apply(frame, *values)

    return run


def _elements(macro: str, value: Any) -> list[Any]:
    if type(value) is list:
        return value
    if type(value) is dict:
        return list(value)
    raise mismatch(f"{macro}()", value)


def _quantifier(macro: str, source: Run, slot: int, body: Run, cost: int) -> Run:
    """Build all() and exists(), which absorb failures as && and || do."""
    decisive = macro == "exists"

    def run(frame: Frame) -> Any:
        pending: Failure | None = None
        for item in _elements(macro, source(frame)):
            frame[0] -= cost
            if frame[0] < 0:
                raise fn.exhausted()
            frame[slot] = item
            try:
                value = body(frame)
            except Failure as failure:
                pending = worse(pending, failure)
            else:
                if value is decisive:
                    return decisive
                if type(value) is not bool:
                    pending = worse(pending, mismatch(f"{macro}()", value))
        if pending is not None:
            raise pending
        return not decisive

    return run


def _collector(macro: str, source: Run, slot: int, body: list[Run], cost: int) -> Run:
    """Build filter(), map() and exists_one(): a failure for one item is one for all."""
    transform = body[-1] if macro == "map" else operator.itemgetter(slot)
    condition = None if macro == "map" and len(body) == 1 else body[0]

    def run(frame: Frame) -> list[Any]:
        found = []
        for item in _elements(macro, source(frame)):
            frame[0] -= cost
            if frame[0] < 0:
                raise fn.exhausted()
            frame[slot] = item
            if condition is not None:
                chosen = condition(frame)
                if chosen is False:
                    continue
                if chosen is not True:
                    raise mismatch(f"{macro}()", chosen)
            found.append(transform(frame))
        return found

    if macro == "exists_one":
        return lambda frame: len(run(frame)) == 1
    return run
