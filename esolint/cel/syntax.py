"""CEL text → tree.

The grammar is that of the CEL language definition. What Kubernetes' CEL has but this reader
refuses is named in the error: optionals, bytes, unsigned numbers, message literals.
"""

import re
from typing import NamedTuple, NoReturn, TypeAlias

MAX_LENGTH = 32_768
"""Characters of an expression; the rules of real CRDs have less than a thousand."""
MAX_NESTING = 100
"""Levels of brackets and of operators inside them, so that no text exhausts Python's stack."""

INT_MIN, INT_MAX = -(2**63), 2**63 - 1


class CelError(ValueError):
    """An expression that does not compile. `column` counts the text's code points from 1."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(f"{message} (column {column})")
        self.message = message
        self.column = column


class Literal(NamedTuple):
    """A number, string, bool or null."""

    value: str | int | float | bool | None
    column: int


class Name(NamedTuple):
    """A variable, or the name of a type."""

    name: str
    column: int


class Select(NamedTuple):
    """`operand.field`."""

    operand: "Node"
    field: str
    column: int


class Has(NamedTuple):
    """`has(operand.field)`."""

    operand: "Node"
    field: str
    column: int


class Index(NamedTuple):
    """`operand[key]`."""

    operand: "Node"
    key: "Node"
    column: int


class Call(NamedTuple):
    """A function, with a target where it is called as a method, or an operator.

    An operator's name is its sign: `"&&"` and `"||"` take two or more operands, `"?:"` three,
    `"-"` one or two.
    """

    function: str
    target: "Node | None"
    args: tuple["Node", ...]
    column: int


class Macro(NamedTuple):
    """`range.all(variable, body)` and its like; the body of `map` may have a filter in front."""

    macro: str
    range: "Node"
    variable: str
    body: tuple["Node", ...]
    column: int


class Items(NamedTuple):
    """A list literal."""

    items: tuple["Node", ...]
    column: int


class Entries(NamedTuple):
    """A map literal: pairs of key and value."""

    entries: tuple[tuple["Node", "Node"], ...]
    column: int


Node: TypeAlias = "Literal | Name | Select | Has | Index | Call | Macro | Items | Entries"
Token: TypeAlias = "tuple[str, str, int]"

MACROS = {"all": (2,), "exists": (2,), "exists_one": (2,), "filter": (2,), "map": (2, 3)}
_LEVELS = {
    "||": 1,
    "&&": 2,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), 3),
    **dict.fromkeys(("+", "-"), 4),
    **dict.fromkeys(("*", "/", "%"), 5),
}
_KEYWORDS = frozenset(("in", "true", "false", "null"))
_CONSTANTS = {"true": True, "false": False, "null": None}
_WORDS = (
    *("as", "break", "const", "continue", "else", "for", "function", "if", "import", "let"),
    *("loop", "package", "namespace", "return"),
)
_RESERVED = frozenset((*_WORDS, "var", "void", "while"))
_FIELD_ESCAPE = "__(underscores|dot|dash|slash)__"
_FIELD_ESCAPED = {"underscores": "__", "dot": ".", "dash": "-", "slash": "/"}
_FIELD_WORDS = {f"__{word}__": word for word in (*_KEYWORDS, *_WORDS)}

_TOKEN = re.compile(
    r"""
    (?P<blank>[ \t\n\f\r]+|//[^\n]*)
    |(?P<raw>[rR](?:"{3}(?:[^"]|"(?!""))*"{3}|'{3}(?:[^']|'(?!''))*'{3}|"[^"\n\r]*"|'[^'\n\r]*'))
    |(?P<bytes>[bB][rR]?["']|[rR][bB]["'])
    |(?P<string>"{3}(?:[^"\\]|\\[\s\S]|"(?!""))*"{3}|'{3}(?:[^'\\]|\\[\s\S]|'(?!''))*'{3}
        |"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<float>[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)
    |(?P<unsigned>(?:0[xX][0-9a-fA-F]+|[0-9]+)[uU])
    |(?P<int>0[xX][0-9a-fA-F]+|[0-9]+)
    |(?P<quoted>`[A-Za-z0-9_.\-/ ]+`)
    |(?P<sign>&&|\|\||[=!<>]=|[-+*/%<>!?:.,()\[\]{}])
    """,
    re.VERBOSE,
)
_ESCAPE = (
    r"\\(?:([abfnrtv\\?\"'`])|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})"
    r"|([0-3][0-7]{2})|)"
)
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def parse(text: str, escaped: bool = False) -> Node:
    """Read one expression. Raises CelError.

    With `escaped` the names of fields are read as the API server escapes them in the rules of
    a CRD: `self.__namespace__`, `self.a__dash__b`.
    """
    if len(text) > MAX_LENGTH:
        raise CelError(f"the expression is longer than {MAX_LENGTH} characters", MAX_LENGTH + 1)
    parser = _Parser(_tokens(text), escaped)
    tree = parser.expression()
    parser.expect("end")
    return tree


def _tokens(text: str) -> list[Token]:
    """Cut the text into (kind, text, column); the kind of a sign or keyword is its text."""
    tokens: list[Token] = []
    end = 0
    for match in _TOKEN.finditer(text):
        start = match.start()
        if start != end:
            break
        end = match.end()
        kind = match.lastgroup or ""
        if kind == "blank":
            continue
        if kind == "bytes" or kind == "unsigned":
            raise CelError(f"{kind} literals are not supported", start + 1)
        word = match[0]
        if kind == "sign" or (kind == "name" and word in _KEYWORDS):
            kind = word
        tokens.append((kind, word, start + 1))
    if end != len(text):
        message = "a string without end" if text[end] in "\"'" else f"unexpected {text[end]!r}"
        raise CelError(message, end + 1)
    tokens.append(("end", "", len(text) + 1))
    return tokens


class _Parser:
    """Precedence climbing: a level of brackets costs two Python frames, a chain none."""

    __slots__ = ("at", "depth", "escaped", "tokens")

    def __init__(self, tokens: list[Token], escaped: bool) -> None:
        self.escaped = escaped
        self.tokens = tokens
        self.at = 0
        self.depth = 0

    def unexpected(self) -> NoReturn:
        kind, word, column = self.tokens[self.at]
        raise CelError(f"unexpected {'end' if kind == 'end' else repr(word)}", column)

    def expect(self, kind: str) -> str:
        found, word, _ = self.tokens[self.at]
        if found != kind:
            self.unexpected()
        self.at += 1
        return word

    def no_optional(self, before: str) -> None:
        """Refuse `.?name`, `[?index]`, `{?key: …}`, which begin as their plain forms do."""
        kind, _, column = self.tokens[self.at]
        if kind == "?":
            raise CelError(f"optional syntax `{before}?` is not supported", column)

    def taken(self, kind: str) -> bool:
        """Step over the next token if it is of this kind."""
        if self.tokens[self.at][0] != kind:
            return False
        self.at += 1
        return True

    def expression(self, floor: int = 0) -> Node:
        """Read operators that bind tighter than `floor`; with 0 a conditional as well."""
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise CelError(f"nested deeper than {MAX_NESTING} levels", self.tokens[self.at][2])
        left = self.operand()
        while True:
            sign, _, column = self.tokens[self.at]
            level = _LEVELS.get(sign, 0)
            if level <= floor:
                break
            self.at += 1
            operands = [left, self.expression(level)]
            if level < 3:
                while self.taken(sign):
                    operands.append(self.expression(level))
            left = Call(sign, None, tuple(operands), column)
        if floor == 0 and sign == "?":
            self.at += 1
            then = self.expression()
            self.expect(":")
            left = Call("?:", None, (left, then, self.expression()), column)
        self.depth -= 1
        return left

    def operand(self) -> Node:
        """Read a value with its signs in front and its selections, indexes and calls behind."""
        sign, _, column = self.tokens[self.at]
        if sign != "!" and sign != "-":
            return self.member(self.primary())
        count = 0
        while self.taken(sign):
            count += 1
        kind, word, here = self.tokens[self.at]
        if sign == "-" and (kind == "int" or kind == "float"):
            self.at += 1
            node = self.member(_number(kind, "-" + word, here))
            count -= 1
        else:
            node = self.member(self.primary())
        for _ in range(2 - count % 2 if count else 0):
            node = Call(sign, None, (node,), column)
        return node

    def member(self, node: Node) -> Node:
        while True:
            kind, _, column = self.tokens[self.at]
            if kind == ".":
                self.at += 1
                self.no_optional(".")
                following, word, column = self.tokens[self.at]
                if following == "quoted":
                    self.at += 1
                    node = Select(node, word[1:-1], column)
                    continue
                self.expect("name")
                if self.taken("("):
                    node = self.method(node, word, column)
                else:
                    field = _unescaped_field(word) if self.escaped else word
                    node = Select(node, field, column)
            elif kind == "[":
                self.at += 1
                self.no_optional("[")
                node = Index(node, self.expression(), column)
                self.expect("]")
            else:
                return node

    def method(self, target: Node, name: str, column: int) -> Node:
        args = self.list_until(")")
        counts = MACROS.get(name)
        if counts is None:
            return Call(name, target, args, column)
        if len(args) not in counts:
            if len(args) in (count + 1 for count in counts):
                raise CelError(f"{name}() with two variables is not supported", column)
            raise CelError(f"{name}() takes a variable and an expression", column)
        variable = args[0]
        if not isinstance(variable, Name):
            raise CelError(f"the first argument of {name}() must be a plain name", variable.column)
        return Macro(name, target, variable.name, args[1:], column)

    def primary(self) -> Node:
        kind, word, column = self.tokens[self.at]
        self.at += 1
        if kind == "name":
            if self.taken("("):
                args = self.list_until(")")
                if word != "has":
                    return Call(word, None, args, column)
                if len(args) != 1 or not isinstance(args[0], Select):
                    raise CelError("has() takes one field selection, as in has(a.b)", column)
                return Has(*args[0])
            return self.name(word, column)
        if kind == "string":
            return Literal(_unescaped(word, column), column)
        if kind == "raw":
            return Literal(_unquoted(word[1:]), column)
        if kind == "int" or kind == "float":
            return _number(kind, word, column)
        if kind in _CONSTANTS:
            return Literal(_CONSTANTS[kind], column)
        if kind == "(":
            node = self.expression()
            self.expect(")")
            return node
        if kind == "[":
            return Items(self.list_until("]"), column)
        if kind == "{":
            return Entries(self.entries(), column)
        if kind == ".":
            return self.name(self.expect("name"), column + 1)
        self.at -= 1
        self.unexpected()

    def name(self, word: str, column: int) -> Name:
        if word in _RESERVED:
            raise CelError(f"{word} is a reserved word", column)
        if self.tokens[self.at][0] == "{":
            raise CelError("message literals are not supported", column)
        return Name(word, column)

    def list_until(self, closing: str) -> tuple[Node, ...]:
        """Read expressions with commas between them; a list, no call, may end with a comma."""
        items: list[Node] = []
        while not self.taken(closing):
            if closing == "]":
                self.no_optional("[")
            items.append(self.expression())
            if not self.taken(","):
                self.expect(closing)
                break
            if closing == ")" and self.tokens[self.at][0] == ")":
                self.unexpected()
        return tuple(items)

    def entries(self) -> tuple[tuple[Node, Node], ...]:
        entries: list[tuple[Node, Node]] = []
        while not self.taken("}"):
            self.no_optional("{")
            key = self.expression()
            self.expect(":")
            entries.append((key, self.expression()))
            if not self.taken(","):
                self.expect("}")
                break
        return tuple(entries)


def _number(kind: str, word: str, column: int) -> Literal:
    if kind == "float":
        return Literal(float(word), column)
    base = 16 if "x" in word or "X" in word else 10
    # int() refuses decimal texts of thousands of digits, with an error of its own.
    value = int(word, base) if base == 16 or len(word) < 100 else INT_MAX + 2
    if not INT_MIN <= value <= INT_MAX:
        raise CelError("the number does not fit 64 bits", column)
    return Literal(value, column)


def _unquoted(word: str) -> str:
    quotes = 3 if word[:3] in ('"""', "'''") else 1
    return word[quotes:-quotes]


def _unescaped(word: str, column: int) -> str:
    content = _unquoted(word)
    if "\\" not in content:
        return content
    shift = column + (len(word) - len(content)) // 2

    def character(match: re.Match[str]) -> str:
        plain, *coded, octal = match.groups()
        if plain is not None:
            return _ESCAPED.get(plain, plain)
        if octal is not None:
            return chr(int(octal, 8))
        code = int(next((digits for digits in coded if digits is not None), "110000"), 16)
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            raise CelError("an escape that CEL does not have", shift + match.start())
        return chr(code)

    return re.sub(_ESCAPE, character, content)


def _unescaped_field(word: str) -> str:
    if "__" not in word:
        return word
    return _FIELD_WORDS.get(word) or re.sub(_FIELD_ESCAPE, lambda m: _FIELD_ESCAPED[m[1]], word)
