"""Pictures that hold whatever a manifest may hold, and the fixture repository's own."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from hypothesis import strategies as st

from esolint.environments import surroundings
from esolint.picture import Admitted, Edge, Mark, Node, Picture, Role, State, Verb
from esolint.picture.draw import draw
from esolint.repository import Input, read

BAKERY = Path(__file__).resolve().parents[2] / "fixtures" / "graph" / "bakery"

# Words of the two languages and of Markdown, entities, comments, directives.
_TRICKY = st.sampled_from(
    (
        *("end", "graph", "node", "subgraph", "style", "classDef a fill:#fff;", "default", "click"),
        *('a"b', "a#b;", "#35;", "#quot;", "&lt;", "&amp;", "\\", 'a\\"', "\\N", "\\n", "<br>"),
        *("[x]", "(x)", "{{ .Values.x }}", "${X}", "%% x", "%%{init: {}}%%", "-->", "|x|", ":::a"),
        *("1. x", "- x", "*x*", "_x_", "`x`", "**", "a;b", "a\nb", "a\r\tb", "\0", "\u2028", "a b"),
        *("ü", "名前", "\U0001f511", "\ud800", "ﬂ°°35¶ß", "$$x$$", "x" * 300, "'", "=", "@{ x }"),
    )
)
names = st.one_of(_TRICKY, st.text(min_size=1, max_size=30), st.from_regex(r"[a-z][-a-z0-9]{0,9}"))
_TEXTS = st.one_of(st.just(""), names)
_PLACES = st.one_of(st.just(""), st.just("*"), names, names.map("[{}]".format))
_MARKS = st.builds(Mark, names, st.integers(1, 99))
_SEVERAL = st.lists(names, max_size=5, unique=True).map(tuple)
_ADMITTED = st.builds(Admitted, st.booleans(), _SEVERAL, _SEVERAL, _SEVERAL)


@st.composite
def _nodes(draw: st.DrawFn) -> Node:
    role: Role = draw(st.sampled_from(get_args(Role)))
    kind, place, name = draw(names), draw(_PLACES), draw(names)
    return Node(
        "/".join(filter(None, (kind, place, name))),
        role,
        kind,
        name,
        place,
        draw(st.sampled_from(("found", "unknown", "missing"))),
        draw(_TEXTS),
        draw(_TEXTS),
        draw(st.one_of(st.none(), _ADMITTED)),
        draw(_SEVERAL),
        draw(st.lists(_MARKS, max_size=2).map(tuple)),
    )


@st.composite
def pictures(draw: st.DrawFn) -> Picture:
    nodes = draw(st.lists(_nodes(), max_size=6, unique_by=lambda node: node.id))
    edges: dict[tuple[str, str, str], Edge] = {}
    if nodes:
        ids = st.sampled_from([node.id for node in nodes])
        built = st.builds(
            Edge,
            ids,
            ids,
            st.sampled_from(get_args(Verb)),
            st.sampled_from(get_args(State)),
            _TEXTS,
            _SEVERAL,
            st.sampled_from(("", "Owner", "Merge", "Orphan, a|b")),
            st.one_of(st.none(), _MARKS),
        )
        edges = {edge[:3]: edge for edge in draw(st.lists(built, max_size=6))}
    return Picture(draw(names), tuple(sorted(nodes)), tuple(sorted(edges.values())))


def several(most: int = 2) -> st.SearchStrategy[list[Picture]]:
    return st.lists(pictures(), min_size=1, max_size=most)


def bakery() -> Picture:
    """Return the picture of the fixture repository."""
    files = sorted(BAKERY.glob("*.yaml"))
    repository = read([Input(file.name, file.read_bytes()) for file in files])
    (environment,) = surroundings(repository).environments
    return draw(environment)
