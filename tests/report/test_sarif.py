from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

import pytest
from jschema_to_python.to_json import to_json
from report_samples import BOOK, PROSE, RULES, SAMPLE, diagnostic, given_any_result, result, rule
from sarif_kit.validate import validation_errors

from esolint.diagnostic import Excerpt, Place, Related, Result, Span, Suppressed
from esolint.report import Book, Options, render, sarif


def run(any_result: Result, options: Options | None = None, book: Book = BOOK) -> dict[str, Any]:
    document = json.loads("".join(render("sarif", any_result, book, options or Options())))
    assert validation_errors(document) == []
    found: dict[str, Any] = document["runs"][0]
    return found


@given_any_result
def test_every_log_is_valid_and_keeps_the_rules_of_code_scanning(any_result: Result) -> None:
    found = run(any_result, Options(show_suppressed=True, source=lambda path: b"one\ntwo"))
    rules = found["tool"]["driver"]["rules"]
    assert [entry["id"] for entry in rules][: len(RULES)] == [entry.id for entry in RULES]
    for entry in rules:
        for key in ("shortDescription", "fullDescription", "help"):
            assert 0 < len(entry[key]["text"]) <= 1024
    assert len(found["results"]) == len(any_result.diagnostics)
    for entry in found["results"]:
        assert rules[entry["ruleIndex"]]["id"] == entry["ruleId"]
        assert entry["level"] in ("error", "warning", "note")
        assert entry["message"]["text"]
        for place in entry["locations"] + entry.get("relatedLocations", []):
            region = place["physicalLocation"]["region"]
            assert {"startLine", "startColumn", "endLine", "endColumn"} <= region.keys()
            uri = place["physicalLocation"]["artifactLocation"]["uri"]
            assert uri.isascii()
            assert not {" ", "\\", ":", "[", "#", "?"} & set(uri)


def test_a_run_without_findings_still_has_results_and_rules() -> None:
    found = run(result())
    assert found["results"] == []
    assert len(found["tool"]["driver"]["rules"]) == len(RULES)
    assert found["columnKind"] == "unicodeCodePoints"
    assert found["invocations"] == [{"executionSuccessful": True}]
    assert "automationDetails" not in found


def test_a_rule_says_what_code_scanning_shows() -> None:
    entry = run(result())["tool"]["driver"]["rules"][0]
    prose = PROSE["iam-wildcard-resource"]
    assert entry == {
        "id": "iam-wildcard-resource",
        "shortDescription": {"text": "Title of iam-wildcard-resource"},
        "fullDescription": {"text": prose.what},
        "help": {
            "text": f"{prose.what}\n\nWhy: {prose.why}\n\nparameter-store: The parameters of all "
            f"applications can be read.\n\nFix: {prose.fix}\n\n- {prose.references[0]}",
            "markdown": f"{prose.what}\n\n**Why:** {prose.why}\n\n**parameter-store:** The "
            f"parameters of all applications can be read.\n\n**Fix:** {prose.fix}\n\n"
            f"- <{prose.references[0]}>",
        },
        "helpUri": prose.references[0],
        "defaultConfiguration": {"level": "error"},
        "properties": {
            "tags": ["security", "iam", "policy"],
            "precision": "high",
            "problem.severity": "error",
            "security-severity": "7.5",
        },
    }


def test_only_security_rules_are_security_alerts_and_only_links_are_linked() -> None:
    entry = run(result())["tool"]["driver"]["rules"][3]
    assert "helpUri" not in entry
    assert entry["defaultConfiguration"] == {"level": "note"}
    assert entry["properties"] == {
        "tags": ["templates", "runtime"],
        "precision": "medium",
        "problem.severity": "recommendation",
    }


def test_long_texts_are_cut_where_code_scanning_has_a_limit() -> None:
    long = PROSE["store-not-found"]._replace(what="word " * 400)
    entry = run(result(), book=Book([rule("a", "t" * 2000)], lambda _: long))
    described = entry["tool"]["driver"]["rules"][0]
    assert len(described["shortDescription"]["text"]) == 1024
    assert len(described["fullDescription"]["text"]) == 1024


def test_a_result_in_full() -> None:
    found = run(SAMPLE, Options(source={}.get))["results"][0]
    assert found == {
        "ruleId": "store-not-found",
        "ruleIndex": 2,
        "level": "error",
        "message": {
            "text": 'ExternalSecret "db-creds" refers to ClusterSecretStore "vault-prod", which '
            "no input defines. Related: [did you mean this one?](1), "
            "[clusters/prod/kustomization.yaml:1](2)"
        },
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {
                        "uri": "apps/payments/externalsecret.yaml",
                        "uriBaseId": "%SRCROOT%",
                    },
                    "region": {"startLine": 12, "startColumn": 11, "endLine": 12, "endColumn": 21},
                    "contextRegion": {
                        "startLine": 10,
                        "endLine": 13,
                        "snippet": {
                            "text": "  secretStoreRef:\n    kind: ClusterSecretStore\n"
                            "    name: vault-prod\n  target:"
                        },
                    },
                }
            }
        ],
        "relatedLocations": [
            {
                "id": 1,
                "message": {"text": "did you mean this one?"},
                "physicalLocation": {
                    "artifactLocation": {"uri": "platform/stores.yaml", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 4, "startColumn": 9, "endLine": 4, "endColumn": 25},
                    "contextRegion": {
                        "startLine": 3,
                        "endLine": 5,
                        "snippet": {"text": "metadata:\n  name: vault-production\nspec:"},
                    },
                },
            },
            {
                "id": 2,
                "physicalLocation": {
                    "artifactLocation": {
                        "uri": "clusters/prod/kustomization.yaml",
                        "uriBaseId": "%SRCROOT%",
                    },
                    "region": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2},
                },
            },
        ],
        "partialFingerprints": {"esolint/v1": "0f3a"},
        "properties": {
            "topic": "stores",
            "layer": "runtime",
            "confidence": "high",
            "route": "spec.secretStoreRef.name",
            "resource": {
                "apiVersion": "external-secrets.io/v1",
                "kind": "ExternalSecret",
                "namespace": "payments",
                "name": "db-creds",
            },
            "environments": ["prod"],
        },
    }


def test_the_line_is_fingerprinted_as_code_scanning_does() -> None:
    asked: list[str] = []

    def source(path: str) -> bytes | None:
        asked.append(path)
        return None if path == "gone.yaml" else b" a\nb\n  \t\tc\n d"

    places = [("a.yaml", 1), ("a.yaml", 4), ("a.yaml", 5), ("gone.yaml", 1)]
    diagnostics = [diagnostic(place=Place(p, Span(line, 1, line, 2))) for p, line in places]
    found = run(result(*diagnostics), Options(source=source))["results"]
    assert [entry["partialFingerprints"].get("primaryLocationLineHash") for entry in found] == [
        "271789c17abda88f:1",
        "a23a3dc5e078b07b:1",
        None,
        None,
    ]
    assert asked == ["a.yaml", "gone.yaml"]


def test_what_was_not_read_and_a_crash_are_notifications() -> None:
    found = run(SAMPLE._replace(crashed=True))
    invocation = found["invocations"][0]
    assert invocation["executionSuccessful"] is False
    notifications = invocation["toolExecutionNotifications"]
    assert [entry["level"] for entry in notifications] == ["warning"] * 8 + ["error"]
    assert notifications[1] == {
        "level": "warning",
        "message": {"text": "Not checked, templated: a Helm template"},
        "descriptor": {"id": "templated", "index": 1},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {
                        "uri": "charts/a/templates/es.yaml",
                        "uriBaseId": "%SRCROOT%",
                    },
                    "region": {"startLine": 3},
                }
            }
        ],
    }
    reasons = [entry["id"] for entry in found["tool"]["driver"]["notifications"]]
    assert reasons == ["sops", "templated"]


@pytest.mark.parametrize(
    ("by", "kind"),
    [("comment", "inSource"), ("annotation", "inSource"), ("configuration", "external")],
)
def test_suppressed_results_are_there_when_asked_for(by: str, kind: str) -> None:
    hidden = result(diagnostic(suppressed=Suppressed(by, "known")))
    assert run(hidden)["results"] == []
    found = run(hidden, Options(show_suppressed=True))["results"]
    assert found[0]["suppressions"] == [{"kind": kind, "justification": "known"}]


def test_only_related_places_are_linked() -> None:
    related = Related(Place("b.yaml", Span(1, 1, 1, 2)), r"data[0] \ here", Excerpt(()))
    found = run(result(diagnostic(message="see [x](http://e) data[1]", related=(related,))))
    assert found["results"][0]["message"]["text"] == (
        r"see [x\](http://e) data[1]. Related: [data\[0\] \\ here](1)"
    )


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b/größe.yaml", "a%20b/gr%C3%B6%C3%9Fe.yaml"),
        ("c:d#e?.yaml", "c%3Ad%23e%3F.yaml"),
        ("latin-\udce9.yaml", "latin-%E9.yaml"),
        ("50%.yaml", "50%25.yaml"),
    ],
)
def test_a_path_becomes_a_uri(path: str, uri: str) -> None:
    found = run(result(diagnostic(place=Place(path, Span(1, 1, 1, 2)))))["results"][0]
    assert found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri
    assert unquote(uri, errors="surrogateescape") == path


def test_lines_that_do_not_hold_the_whole_span_are_no_context() -> None:
    for lines in ([(1, "a")], [(3, "a"), (5, "b")], []):
        found = diagnostic(place=Place("a", Span(3, 1, 4, 2)), excerpt=Excerpt(tuple(lines)))
        location = run(result(found))["results"][0]["locations"][0]["physicalLocation"]
        assert "contextRegion" not in location


@given_any_result
def test_the_serialiser_differs_from_the_librarys_in_levels_alone(any_result: Result) -> None:
    def without_levels(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: without_levels(item) for key, item in value.items() if key != "level"}
        return [without_levels(item) for item in value] if isinstance(value, list) else value

    for found in any_result.diagnostics:
        made = sarif._result(found, 0, lambda place: None)
        own = json.loads(json.dumps(made, default=sarif._properties))
        assert without_levels(own) == without_levels(json.loads(to_json(made)))
