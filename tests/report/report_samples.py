"""Results for the tests of the reports: one made by hand, and any that could ever be."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from esolint.diagnostic import (
    SEVERITIES,
    Diagnostic,
    EnvironmentInfo,
    Excerpt,
    Place,
    Related,
    ResourceId,
    Result,
    Skip,
    Span,
    Suppressed,
)
from esolint.report import Book
from esolint.rule import Prose, Rule


def rule(
    id: str, title: str = "", security: str | None = None, topic: str = "stores", **changes: object
) -> Rule:
    """Return a rule with what reports read of it."""
    made = Rule(
        id=id,
        title=title or f"Title of {id}",
        topic=topic,
        severity="error",
        confidence="high",
        layer="runtime",
        profile="default",
        since="0.1.0",
        aliases=(),
        kinds={"ExternalSecret": ("spec",)},
        options={},
        security_severity=security,
        cases={},
        check={"python": "stores.x", "scope": "environment"},
    )
    return made._replace(**changes)  # type: ignore[arg-type]


RULES = (
    rule("iam-wildcard-resource", topic="iam", layer="policy", security="7.5"),
    rule("refresh-interval-zero", severity="warning"),
    rule("store-not-found", "A reference to a store that does not exist"),
    rule("template-unreadable", topic="templates", severity="info", confidence="medium"),
)

PROSE = {
    "iam-wildcard-resource": Prose(
        what="A statement lets the identity read every secret of the account.",
        why="Whoever can create an ExternalSecret that uses the store reads all of them, those of "
        "other teams included.",
        fix="Name the ARNs, or a prefix of them, that the store is meant to serve.",
        references=("https://external-secrets.io/latest/provider/aws-secrets-manager/",),
        case_whys={"parameter-store": "The parameters of all applications can be read."},
    ),
    "refresh-interval-zero": Prose(
        what="The secret is fetched once and never again.",
        why="A rotated or revoked value stays in the cluster until somebody edits the object.",
        fix='Set an interval, for example "1h", or say so with refreshPolicy: CreatedOnce.',
        references=(),
        case_whys={},
    ),
    "store-not-found": Prose(
        what="An ExternalSecret names a store that no manifest defines.",
        why='The controller sets the condition Ready to False with "could not get '
        'ClusterSecretStore"; no Secret is written, and Pods that mount it do not start.',
        fix="Correct the name, or declare the store as external in the configuration.",
        references=("https://external-secrets.io/latest/api/externalsecret/",),
        case_whys={},
    ),
    "template-unreadable": Prose(
        "A template.", "It shows\nnothing.", "Read it.", ("not a link",), {}
    ),
}

BOOK = Book(RULES, PROSE.__getitem__)


def excerpt(first: int, text: str) -> Excerpt:
    return Excerpt(tuple(enumerate(text.split("\n"), first)))


def diagnostic(**changes: object) -> Diagnostic:
    """Return a finding of store-not-found."""
    made = Diagnostic(
        rule="store-not-found",
        case=None,
        topic="stores",
        layer="runtime",
        severity="error",
        confidence="high",
        message='ExternalSecret "db-creds" refers to ClusterSecretStore "vault-prod", which no '
        "input defines",
        place=Place("apps/payments/externalsecret.yaml", Span(12, 11, 12, 21)),
        route=("spec", "secretStoreRef", "name"),
        resource=ResourceId("external-secrets.io/v1", "ExternalSecret", "payments", "db-creds"),
        environments=("prod",),
        related=(),
        excerpt=excerpt(
            10, "  secretStoreRef:\n    kind: ClusterSecretStore\n    name: vault-prod\n  target:"
        ),
        fingerprint="0f3a",
    )
    return made._replace(**changes)  # type: ignore[arg-type]


def result(*diagnostics: Diagnostic, **changes: object) -> Result:
    made = Result(
        diagnostics=diagnostics,
        skipped=(),
        environments=(EnvironmentInfo("prod", "2.9", "clusters/prod/eso.yaml says so"),),
        files=214,
        documents=390,
        resources=380,
        eso_resources=38,
    )
    return made._replace(**changes)  # type: ignore[arg-type]


def never_refreshed(number: int) -> Diagnostic:
    name = ("cache", "db", "mail", "queue", "search", "web")[number]
    return diagnostic(
        rule="refresh-interval-zero",
        severity="warning",
        message=f'ExternalSecret "{name}" is fetched once: refreshInterval is 0',
        place=Place(f"apps/{name}/externalsecret.yaml", Span(8, 20, 8, 21)),
        route=("spec", "refreshInterval"),
        resource=ResourceId("external-secrets.io/v1", "ExternalSecret", "apps", name),
        excerpt=excerpt(7, "spec:\n  refreshInterval: 0"),
        fingerprint=f"77{number}",
    )


SAMPLE = result(
    diagnostic(
        related=(
            Related(
                Place("platform/stores.yaml", Span(4, 9, 4, 25)),
                "did you mean this one?",
                excerpt(3, "metadata:\n  name: vault-production\nspec:"),
            ),
            Related(Place("clusters/prod/kustomization.yaml", Span(1, 1, 1, 2)), "", Excerpt(())),
        )
    ),
    diagnostic(
        rule="iam-wildcard-resource",
        topic="iam",
        layer="policy",
        message="Statement 2 of the policy reads every secret of every account",
        place=Place("iam/policy.json", Span(1, 143, 1, 146)),
        route=("Statement", 1, "Resource"),
        resource=None,
        excerpt=excerpt(
            1,
            '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
            '"Resource":"arn:aws:iam::123456789012:role/eso"},{"Resource":"*","Effect":"Allow",'
            '"Action":["secretsmanager:GetSecretValue","secretsmanager:DescribeSecret"]}]}',
        ),
    ),
    *map(never_refreshed, range(6)),
    diagnostic(
        rule="template-unreadable",
        topic="templates",
        severity="info",
        confidence="medium",
        message='Template "config\x1b[2J" cannot be read',
        place=Place("apps/größe/秘密.yaml", Span(103, 12, 112, 1)),
        excerpt=excerpt(
            101,
            "\n  template: # 秘密\t\x1b]0;owned\x07\r\n\t金額: \u202e[[ |\r\n"
            "      a\n      b\n      c\n      d",
        ),
    ),
    diagnostic(suppressed=Suppressed("comment", "until the move to vault-production is done")),
    skipped=(
        Skip("apps/web/secret.sops.yaml", None, "sops", "encrypted values are not read"),
        *(
            Skip(f"charts/{name}/templates/es.yaml", 3, "templated", "a Helm template")
            for name in "abcdefg"
        ),
    ),
    environments=(
        EnvironmentInfo("prod", "2.9", "clusters/prod/eso.yaml says so"),
        EnvironmentInfo("staging", None, "nothing says which"),
    ),
    baselined=4,
)

# Whatever a hostile repository can put into names, messages and lines.
_WORDS = (
    *(
        "\n",
        "\r\n",
        "\t",
        " ",
        "::error::",
        "](1)",
        "[x](http://e)",
        "%0A",
        "%",
        ",",
        ":",
        "=",
        "#",
    ),
    *('"', "'", "\\", "\x1b[31m", "\x07", "\x9b", "\x7f", "\x00", "\u2028", "\u202e", "\u200d"),
    *(
        "\ud800",
        "\udcff",
        "\ufeff",
        "\uffff",
        "😀",
        "é",
        "e\u0301",
        "秘",
        "name",
        "a-b.c",
        "[0]",
        "x" * 130,
    ),
)
_TEXTS = st.lists(st.sampled_from(_WORDS), max_size=5).map("".join)
_NUMBERS = st.integers(1, 40)
_SPANS = st.builds(
    lambda line, column, lines, columns: Span(
        line, column, line + lines, columns if lines else column + columns - 1
    ),
    _NUMBERS,
    st.integers(1, 400),
    st.sampled_from([0, 0, 0, 1, 7]),
    _NUMBERS,
)
_PLACES = st.builds(Place, _TEXTS, _SPANS)
_EXCERPTS = st.builds(
    lambda first, lines: Excerpt(tuple(enumerate(lines, first))),
    _NUMBERS,
    st.lists(_TEXTS, max_size=9),
)
_ROUTES = st.lists(st.one_of(st.integers(0, 9), _TEXTS), max_size=4).map(tuple)
_SHAS = st.text("0123456789abcdef", min_size=4, max_size=4)

DIAGNOSTICS = st.builds(
    Diagnostic,
    rule=st.one_of(st.sampled_from([rule.id for rule in RULES]), st.just("no-such-rule")),
    case=st.one_of(st.none(), st.just("parameter-store")),
    topic=st.sampled_from(["iam", "stores"]),
    layer=st.sampled_from(["admission", "runtime", "policy"]),
    severity=st.sampled_from(SEVERITIES),
    confidence=st.sampled_from(["high", "medium", "low"]),
    message=_TEXTS,
    place=_PLACES,
    route=st.one_of(st.none(), _ROUTES),
    resource=st.one_of(
        st.none(),
        st.builds(ResourceId, _TEXTS, _TEXTS, st.one_of(st.none(), _TEXTS), _TEXTS),
    ),
    environments=st.lists(_TEXTS, max_size=2).map(tuple),
    related=st.lists(st.builds(Related, _PLACES, _TEXTS, _EXCERPTS), max_size=2).map(tuple),
    excerpt=_EXCERPTS,
    fingerprint=_SHAS,
    suppressed=st.one_of(
        st.none(),
        st.builds(Suppressed, st.sampled_from(["comment", "annotation", "configuration"]), _TEXTS),
    ),
)
RESULTS = st.builds(
    Result,
    diagnostics=st.lists(DIAGNOSTICS, max_size=3).map(tuple),
    skipped=st.lists(
        st.builds(
            Skip,
            _TEXTS,
            st.one_of(st.none(), _NUMBERS),
            st.sampled_from(["sops", "templated", "too-large"]),
            _TEXTS,
        ),
        max_size=5,
    ).map(tuple),
    environments=st.lists(
        st.builds(EnvironmentInfo, _TEXTS, st.sampled_from([None, "0.9", "2.10"]), _TEXTS),
        max_size=2,
    ).map(tuple),
    files=st.integers(0, 3),
    documents=st.integers(0, 3),
    resources=st.integers(0, 3),
    eso_resources=st.integers(0, 3),
    baselined=st.integers(0, 3),
    crashed=st.booleans(),
)


def given_any_result(test: Callable[..., None]) -> Callable[..., None]:
    """Run a test with many results, as its argument `any_result`."""
    return settings(max_examples=50, deadline=None)(given(any_result=RESULTS)(test))
