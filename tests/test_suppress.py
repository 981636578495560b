from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esolint import engine, locate
from esolint.diagnostic import Diagnostic
from esolint.engine import ActiveRule
from esolint.graph import Environment
from esolint.repository import Input, read
from esolint.rule import load_rules
from esolint.suppress import FAULTS, dated, suppress, written

TODAY = "2026-06-30"
HEAD = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: db, namespace: shop}
spec:
"""
ZERO = "  refreshInterval: 0s"


def outcome(
    files: dict[str, str] | str,
    *,
    ran: Sequence[str] | None = None,
    reported: Sequence[str] | None = None,
) -> list[Diagnostic]:
    """Run all rules, or those of `ran`, and the suppressions of the files."""
    texts = {"a.yaml": files} if isinstance(files, str) else files
    whole = read(Input(path, text.encode()) for path, text in texts.items())
    known = load_rules()
    ids = ran or ["refresh-interval-zero", "unknown-field", "empty-data", *FAULTS]
    active = [ActiveRule(known[rule_id], known[rule_id].defaults()) for rule_id in ids]
    environment = Environment(whole.resources, whole.patches, whole.unread)
    found = locate.diagnostics(engine.check(whole, [environment], active), whole.resources)
    comments = written(whole.documents, whole.resources)
    return suppress(found, comments, known, ids, TODAY, reported=reported)


def brief(files: dict[str, str] | str, **more: Sequence[str]) -> list[str]:
    """Return `rule@line`, with the reason of what is suppressed, in the order of lines."""
    found = sorted(outcome(files, **more), key=locate.order)
    return [
        f"{d.rule}@{d.place.span.line}" + (f" ({d.suppressed.reason})" if d.suppressed else "")
        for d in found
        if d.rule != "empty-data"
    ]


ZERO_ID = "refresh-interval-zero"


def test_at_the_end_of_the_line() -> None:
    assert brief(f"{HEAD}{ZERO}\n") == ["refresh-interval-zero@5"]
    assert brief(f"{HEAD}{ZERO}  # esolint: ignore[{ZERO_ID}] seeded once\n") == [
        "refresh-interval-zero@5 (seeded once)"
    ]


def test_on_the_line_above_and_stacked() -> None:
    above = f"  # esolint: ignore[{ZERO_ID}] one\n"
    field = "  # esolint: ignore[unknown-field] two\n"

    assert brief(f"{HEAD}{above}{ZERO}\n") == ["refresh-interval-zero@6 (one)"]
    assert brief(f"{HEAD}{above}  # a note\n{ZERO}\n") == ["refresh-interval-zero@7 (one)"]
    assert brief(f"{HEAD}  typo: 1\n{above}{field}{ZERO}\n") == [
        "unknown-field@5",
        "unused-suppression@7",
        "refresh-interval-zero@8 (one)",
    ]
    assert brief(f"{HEAD}{above}\n{ZERO}\n") == [
        "unused-suppression@5",
        "refresh-interval-zero@7",
    ]


def test_several_ids_and_several_directives() -> None:
    text = f"{HEAD}  {{refreshInterval: 0s, typo: 1}}"
    both = f"  # esolint: ignore[{ZERO_ID}, unknown-field,] both\n"
    each = f"  # esolint: ignore[{ZERO_ID}] a # esolint: ignore[unknown-field] b\n"

    assert brief(f"{text}{both}") == ["refresh-interval-zero@5 (both)", "unknown-field@5 (both)"]
    assert brief(f"{text}{each}") == ["refresh-interval-zero@5 (a)", "unknown-field@5 (b)"]


@pytest.mark.parametrize(
    ("comment", "reason"),
    [
        ("#esolint:ignore[refresh-interval-zero]", ""),
        ("#   esolint:  ignore [refresh-interval-zero]   why", "why"),
        ("# a note # esolint: ignore[ refresh-interval-zero ] issue #12", "issue #12"),
        ("# esolint: ignore[refresh-interval-zero] why # a note", "why"),
        ("# esolint: ignore[refresh-interval-zero] until=2026-06-30 why", "why"),
        ("# esolint: ignore[refresh-interval-zero] to move until=2026-07-01", "to move"),
    ],
)
def test_ways_to_write_it(comment: str, reason: str) -> None:
    suppressed = f" ({reason})"
    assert brief(f"{HEAD}{ZERO}  {comment}\r\n") == [f"refresh-interval-zero@5{suppressed}"]


@pytest.mark.parametrize(
    "value", ["'a # b'", '"a # b"', "a#b", "|\n    # no comment", ">-\n    a # b", "!!str x", "*a"]
)
def test_a_comment_is_found_behind_any_value(value: str) -> None:
    head, *rest = value.split("\n")
    head_ = HEAD.replace("name: db", "name: &a db")
    lines = "\n".join([f"  typo: {head}  # esolint: ignore[unknown-field] why", *rest])

    assert brief(f"{head_}{lines}\n") == ["unknown-field@5 (why)"]


def test_what_stands_in_a_value_is_no_suppression() -> None:
    note = f"  typo: |\n    # esolint: ignore-document[{ZERO_ID}]\n{ZERO}\n"
    assert brief(f"{HEAD}{note}") == ["unknown-field@5", "refresh-interval-zero@7"]


def test_a_whole_document() -> None:
    directive = f"# esolint: ignore-document[{ZERO_ID}] all\n"
    one = f"{directive}{HEAD}{ZERO}\n"
    other = f"{HEAD}{ZERO}\n"

    assert brief(f"{one}---\n{other}") == [
        "refresh-interval-zero@6 (all)",
        "refresh-interval-zero@12",
    ]
    assert brief(f"{other}---\n{one}") == [
        "refresh-interval-zero@5",
        "refresh-interval-zero@12 (all)",
    ]
    assert brief(f"# a note\n---\n{one}") == ["refresh-interval-zero@8 (all)"]
    assert brief(f"{directive}---\n{other}") == ["refresh-interval-zero@7 (all)"]
    listed = "\n".join(f"  {line}" for line in other.rstrip().split("\n")).replace(
        "  api", "- api", 1
    )
    assert brief(f"{directive}kind: List\nitems:\n{listed}\n") == ["refresh-interval-zero@8 (all)"]


def test_a_document_s_directive_behind_its_first_key_has_no_effect() -> None:
    text = f"{HEAD}# esolint: ignore-document[{ZERO_ID}] all\n{ZERO}\n"
    found = outcome(text)

    assert brief(text) == ["unknown-suppression@5", "refresh-interval-zero@6"]
    assert "behind the document's first key" in next(
        d.message for d in found if d.rule == "unknown-suppression"
    )


@pytest.mark.parametrize("path", ["a.yaml", "a.json"])
def test_an_annotation(path: str) -> None:
    note = f"{ZERO_ID}: seeded; unknown-field: ours until=2027-01-01"
    text = (
        '{"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "metadata":\n'
        f'{{"name": "db", "annotations": {{"esolint/ignore": "{note}"}}}},\n'
        '"spec": {"refreshInterval": "0s",\n"typo": 1}}\n'
    )
    assert brief({path: text}) == ["refresh-interval-zero@3 (seeded)", "unknown-field@4 (ours)"]


def test_an_annotation_covers_its_own_resource_alone() -> None:
    noted = HEAD.replace("shop", f'shop, annotations: {{esolint/ignore: "{ZERO_ID}"}}')
    other = HEAD.replace("name: db", "name: other")

    assert brief(f"{noted}{ZERO}\n---\n{other}{ZERO}\n") == [
        "refresh-interval-zero@5 ()",
        "refresh-interval-zero@11",
    ]


FAULTY = [
    (
        "ignore[refresh-interval-nil] x",
        "unknown-suppression",
        'did you mean "refresh-interval-zero"?',
    ),
    ("ignore refresh-interval-zero", "unknown-suppression", "names no rule id in brackets"),
    ("ignore[] x", "unknown-suppression", "names no rule id in brackets"),
    ("ignore[refresh-interval-zero", "unknown-suppression", "names no rule id in brackets"),
    ("ignore-line[refresh-interval-zero]", "unknown-suppression", "is no directive"),
    ("disable", "unknown-suppression", "is no directive"),
    ("ignore[refresh-interval-zero] until=soon", "unknown-suppression", '"until=soon" is no date'),
    ("ignore[refresh-interval-zero] until=2026-02-30", "unknown-suppression", "is no date"),
    ("ignore[refresh-interval-zero] until=2026-06-29", "expired-suppression", "on 2026-06-29"),
    ("ignore[unknown-field]", "unused-suppression", "of unknown-field hides nothing"),
]


@pytest.mark.parametrize(("directive", "rule", "message"), FAULTY)
def test_faults_are_reported_once(directive: str, rule: str, message: str) -> None:
    found = outcome(f"{HEAD}{ZERO} # esolint: {directive}\n")
    faults = [d for d in found if d.rule in FAULTS]

    assert [d.rule for d in faults] == [rule]
    assert message in faults[0].message
    assert faults[0].place.span[:2] == (5, 23)


def test_a_faulty_date_does_not_lift_the_rest() -> None:
    text = f"{HEAD}{ZERO} # esolint: ignore[{ZERO_ID}] until=soon\n"
    assert "refresh-interval-zero@5 ()" in brief(text)


def test_a_name_that_the_rule_had_before(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = dict(load_rules())
    rules[ZERO_ID] = rules[ZERO_ID]._replace(aliases=("never-refreshed",))
    monkeypatch.setattr(f"{__name__}.load_rules", lambda: rules)

    assert brief(f"{HEAD}{ZERO} # esolint: ignore[never-refreshed] x\n") == [
        "refresh-interval-zero@5 (x)"
    ]


def test_nothing_is_said_of_rules_that_did_not_run() -> None:
    text = (
        f"{HEAD}  refreshInterval: 1h # esolint: ignore[{ZERO_ID}] x\n"
        f"  # esolint: ignore[{ZERO_ID}] until=2020-01-01\n  data: []\n"
    )
    assert brief(text) == ["unused-suppression@5", "expired-suppression@6"]
    assert brief(text, ran=["unknown-field", *FAULTS]) == []
    assert brief(text, ran=[ZERO_ID]) == []
    assert brief(text, ran=[ZERO_ID, "expired-suppression"]) == ["expired-suppression@6"]


def test_nothing_is_said_of_files_that_are_not_reported_on() -> None:
    text = f"{HEAD}  typo: 1 # esolint: ignore[{ZERO_ID}, nothing] x\n"
    files = {"a.yaml": text, "b.yaml": text}
    found = [d for d in outcome(files, reported=["b.yaml"]) if d.rule in FAULTS]

    assert [(d.place.path, d.rule) for d in found] == [
        ("b.yaml", "unused-suppression"),
        ("b.yaml", "unknown-suppression"),
    ]


def test_faults_have_fingerprints_of_their_own() -> None:
    line = f"  # esolint: ignore[{ZERO_ID}] x\n"
    texts = {"a.yaml": f"{HEAD}{line}  data: []\n{line}  target: {{}}\n", "b.yaml": f"{HEAD}{line}"}
    found = [d.fingerprint for d in outcome(texts) if d.rule in FAULTS]
    moved = {path: "# a note\n" + text for path, text in texts.items()}

    assert len(set(found)) == 3
    assert [d.fingerprint for d in outcome(moved) if d.rule in FAULTS] == found


def test_what_stands_before_a_directive_is_not_shown() -> None:
    found = outcome(f"{HEAD}{ZERO} # was hunter2 # esolint: ignore[nothing] x # hunter2\n")
    (fault,) = [d for d in found if d.rule == "unknown-suppression"]

    assert fault.excerpt.lines == ((5, " " * 36 + "# esolint: ignore[nothing] x"),)


@pytest.mark.parametrize(
    ("reason", "cut"),
    [
        ("why", ("why", None, None)),
        ("until=2026-01-31 why", ("why", "2026-01-31", None)),
        ("  a until=2026-01-31 b ", ("a b", "2026-01-31", None)),
        ("notuntil=2026-01-31", ("notuntil=2026-01-31", None, None)),
    ],
)
def test_dates(reason: str, cut: tuple[str, str | None, str | None]) -> None:
    assert dated(reason) == cut


WORDS = [*"[]#:,=- ax\t", "esolint:", "ignore", "-document", "until=", ZERO_ID, "2026-07-01"]
COMMENTS = st.lists(st.sampled_from(WORDS), max_size=12).map("".join)


@given(COMMENTS, COMMENTS)
def test_no_comment_breaks_anything(above: str, beside: str) -> None:
    text = f"#{above}\n{HEAD}  #{above}\n{ZERO} #{beside}\n"
    rules = {d.rule for d in outcome(text)}

    assert rules <= {ZERO_ID, "empty-data", "unknown-suppression", "unused-suppression"}


LINES = {
    "refreshInterval: 0s": ZERO_ID,
    "typo: 1": "unknown-field",
    "other: |": "unknown-field",
    "third: {a: 1}": "unknown-field",
    "target: {}": None,
}


@given(st.lists(st.sampled_from(sorted(LINES)), unique=True, min_size=1), st.data())
def test_exactly_the_findings_of_a_line_are_suppressed(
    lines: list[str], data: st.DataObject
) -> None:
    chosen = data.draw(st.sets(st.sampled_from(lines)))
    beside = data.draw(st.booleans())
    text, suppressed = HEAD, set()
    for line in lines:
        rule = LINES[line]
        directive = f"# esolint: ignore[{rule}] x" if line in chosen and rule else ""
        if directive:
            suppressed.add(line)
        text += f"  {directive}\n" if directive and not beside else ""
        text += f"  {line} {directive if beside else ''}\n"
    rows = text.split("\n")

    found = [d for d in outcome(text) if d.rule != "empty-data"]

    assert {
        rows[d.place.span.line - 1].split(" #")[0].strip() for d in found if d.suppressed
    } == suppressed
    assert len(found) == sum(LINES[line] is not None for line in lines)
