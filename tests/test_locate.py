from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esolint.diagnostic import Diagnostic
from esolint.environments import surroundings
from esolint.graph import Environment
from esolint.locate import Located, diagnostics, from_root
from esolint.mask import masked
from esolint.repository import Input, read
from esolint.rule import Finding, load_rules
from esolint.value import parse_route

MANIFEST = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: db
  namespace: shop
spec:
  refreshInterval: 0s
  data:
    - secretKey: user
      remoteRef: {key: db, property: user}
    - secretKey: password
      remoteRef: {key: db, property: password}
  dataFrom:
    - extract: {key: all}
"""
RULE = load_rules()["refresh-interval-zero"]


def diagnose(files: dict[str, str], routes: list[str], **more: object) -> list[Diagnostic]:
    """Report each route of each ExternalSecret."""
    whole = read(Input(path, text.encode()) for path, text in files.items())
    env = Environment(whole.resources)
    located = [
        Located(RULE, Finding(resource, parse_route(route), "said", **more), ())  # type: ignore[arg-type]
        for resource in env.of_kind("ExternalSecret")
        for route in routes
    ]
    return diagnostics(located, whole.resources)


def fingerprint(text: str, route: str, path: str = "a.yaml") -> str:
    (diagnostic,) = diagnose({path: text}, [route])
    return diagnostic.fingerprint


def test_a_route_becomes_a_place_with_its_lines() -> None:
    (found,) = diagnose({"a.yaml": MANIFEST}, ["spec.refreshInterval"])

    assert found.place == ("a.yaml", (7, 20, 7, 22))
    assert found.excerpt.lines == (
        (5, "  namespace: shop"),
        (6, "spec:"),
        (7, "  refreshInterval: 0s"),
    )
    assert found.resource == ("external-secrets.io/v1", "ExternalSecret", "shop", "db")


def test_diagnostics_come_by_place() -> None:
    routes = ["spec.data[1]", "spec.refreshInterval", "kind"]
    found = diagnose({"b.yaml": MANIFEST, "a.yaml": MANIFEST}, routes)

    assert [(d.place.path, d.place.span.line) for d in found] == [
        ("a.yaml", 2),
        ("a.yaml", 7),
        ("a.yaml", 11),
        ("b.yaml", 2),
        ("b.yaml", 7),
        ("b.yaml", 11),
    ]


def test_only_what_is_wanted_is_worked_out() -> None:
    whole = read([Input("a.yaml", MANIFEST.encode())])
    (resource,) = whole.resources
    located = [Located(RULE, Finding(resource, (key,), key), ()) for key in ("kind", "spec")]

    found = diagnostics(located, whole.resources, wanted=lambda e: e.finding.message == "kind")

    assert [d.message for d in found] == ["kind"]


# Fingerprints


@pytest.mark.parametrize("route", ["spec.data[1].remoteRef", "spec.dataFrom[0]", "spec.absent"])
def test_a_fingerprint_survives_what_is_no_change_of_the_fault(route: str) -> None:
    was = fingerprint(MANIFEST, route)

    assert fingerprint("# a comment\n\n" + MANIFEST, route) == was
    assert fingerprint(MANIFEST.replace("0s", "${HOLE}").replace("db, p", "other, p"), route) == was
    assert fingerprint("kind: Other\n---\n" + MANIFEST, route, "moved/b.yaml") == was
    assert re.fullmatch("[0-9a-f]{32}", was)


def test_a_fingerprint_follows_an_entry_that_moves_in_its_list() -> None:
    lines = MANIFEST.split("\n")
    swapped = "\n".join([*lines[:8], *lines[10:12], *lines[8:10], *lines[12:]])

    assert fingerprint(MANIFEST, "spec.data[1]") == fingerprint(swapped, "spec.data[0]")
    assert fingerprint(MANIFEST, "spec.data[0]") == fingerprint(swapped, "spec.data[1]")


def test_another_fault_has_another_fingerprint() -> None:
    texts = [
        MANIFEST,
        MANIFEST.replace("name: db", "name: other"),
        MANIFEST.replace("shop", "billing"),
        MANIFEST.replace("  namespace: shop\n", ""),
        MANIFEST.replace("secretKey: password", "secretKey: pass"),
    ]
    prints = [fingerprint(text, "spec.data[1]") for text in texts]
    prints += [fingerprint(MANIFEST, route) for route in ("spec.data[0]", "spec", "spec.dataFrom")]

    assert len(set(prints)) == len(prints)


def test_equal_ones_are_told_apart_by_path_and_then_by_order() -> None:
    twice = MANIFEST + "---\n" + MANIFEST
    files = {"a.yaml": twice, "b.yaml": MANIFEST}
    prints = [d.fingerprint for d in diagnose(files, ["spec.refreshInterval"])]

    assert len(set(prints)) == 3
    moved = {"a.yaml": "# x\n" + twice, "b.yaml": "# y\n" + MANIFEST}
    assert [d.fingerprint for d in diagnose(moved, ["spec.refreshInterval"])] == prints
    alone = diagnose({"b.yaml": MANIFEST}, ["spec.refreshInterval"])
    assert alone[0].fingerprint not in prints


def test_paths_are_seen_from_the_root() -> None:
    assert from_root("a/b.yaml", None) == "a/b.yaml"
    assert from_root("a/b.yaml", "a") == "b.yaml"
    assert from_root("b.yaml", "..").endswith("/b.yaml")


# Code frames


def frame(text: str, route: str) -> list[str]:
    whole = read([Input("a.yaml", text.encode())], everything=True)
    located = Located(RULE, Finding(whole.resources[0], parse_route(route), "said"), ())
    (found,) = diagnostics([located], whole.resources)
    return [line for _, line in found.excerpt.lines]


def test_a_frame_masks_secrets_and_nothing_else() -> None:
    text = (
        "kind: Secret\napiVersion: v1\nmetadata: {name: a}\nstringData: # of old\n"
        "  # was aB3xK9mQ2p\n  password: aB3xK9mQ2p # aB3xK9mQ2p\ntype: Opaque\n"
    )
    assert frame(text, "stringData.password") == [
        "stringData: #********",
        "  #********",
        "  password: ********",
    ]
    assert frame(text, "kind") == ["kind: Secret"]


def test_a_comment_is_shown_where_nothing_is_secret() -> None:
    text = "apiVersion: external-secrets.io/v1 # of 2024\nkind: ExternalSecret # see docs: here\n"
    assert frame(text, "kind") == text.split("\n")[:2]


@pytest.mark.parametrize(
    "comment",
    [
        "# password: aB3xK9mQ2p",
        "#token = 'ghp_aB3xK9mQ2pLkVwZtYsRq1n8c7d6e5f4g3h2j'",
        "# - pwd: aB3xK9mQ2p",
    ],
)
def test_a_comment_that_holds_a_secret_is_masked_anywhere(comment: str) -> None:
    text = f"apiVersion: external-secrets.io/v1\nkind: ExternalSecret {comment}\n"
    assert frame(text, "kind")[1] == "kind: ExternalSecret #********"


def test_a_suppression_is_shown() -> None:
    line = "  password: x # esolint: ignore[secret-value-in-git] of the tests"
    text = f"apiVersion: v1\nkind: Secret\nstringData:\n  # esolint: ignore[x] why\n{line}\n"
    assert frame(text, "stringData")[-1] == "stringData:"
    assert "  # esolint: ignore[x] why" in frame(text, "stringData.password")


@pytest.mark.parametrize("value", ["&hunter2", "*hunter2", "!hunter2", "&hunter2 x", "!hunter2 x"])
def test_a_password_that_yaml_takes_for_something_else(value: str) -> None:
    anchor = "metadata: {name: &hunter2 a}\n"
    text = f"apiVersion: v1\nkind: Secret\n{anchor}stringData:\n  password: {value}\n"
    assert frame(text, "stringData.password")[-1] == "  password: ********"


def test_a_file_without_secrets_is_not_changed() -> None:
    content = b"\xef\xbb\xbfapiVersion: external-secrets.io/v1\r\nkind: ExternalSecret\r\n"
    assert masked("a.yaml", MANIFEST.encode()) == MANIFEST.encode()
    assert masked("a.yaml", b"\xff\xff") == b""
    assert masked("a.yaml", content).count(b"\n") == 2


@given(
    st.sampled_from(
        ["", "'", '"', "&", "*", "!", "!!str ", "&a !b ", "{a: ", "[", "|\n   ", ">\n ", "# "]
    ),
    st.text(alphabet="abA1:-#'\"|>&*!{}[], \n", max_size=60),
)
def test_no_value_of_a_secret_is_ever_shown(start: str, value: str) -> None:
    lines = f"key: {start}hunter%2{value}".replace("\n", "\n  ")
    text = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\nstringData:\n  {lines}\n"
    assert b"hunter%2" not in masked("a.yaml", text.encode())


PATCHED = {
    "base/kustomization.yaml": "resources: [es.yaml]\n",
    "base/es.yaml": MANIFEST,
    "over/kustomization.yaml": """\
resources: [../base]
patches:
  - target: {kind: ExternalSecret}
    patch: |-
      - op: replace
        path: /spec/refreshInterval
        value: 1h
""",
}
STORE = """\
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: delinea, namespace: shop}
spec: {provider: {delinea: {tenant: a, clientSecret: {secretRef: {name: a, key: b}}}}}
"""
PATCH = """\
- op: replace
  path: /spec/provider/delinea/clientSecret
  value: {value: hunter2}
"""


def rendered(files: dict[str, str], kind: str, route: str) -> Diagnostic:
    whole = read((Input(p, text.encode()) for p, text in files.items()), everything=True)
    (env,) = surroundings(whole).environments
    (resource,) = env.of_kind(kind)
    located = [Located(RULE, Finding(resource, parse_route(route), "said"), ())]
    return diagnostics(located, whole.objects)[0]


def test_what_a_patch_brought_is_shown_in_the_patch() -> None:
    found = rendered(PATCHED, "ExternalSecret", "spec.refreshInterval")

    assert found.place == ("over/kustomization.yaml", (7, 16, 7, 18))
    assert found.excerpt.lines == (
        (5, "      - op: replace"),
        (6, "        path: /spec/refreshInterval"),
        (7, "        value: 1h"),
    )


@pytest.mark.parametrize("inline", [False, True])
def test_a_secret_of_a_patch_is_not_shown(inline: bool) -> None:
    patch = "|\n" + "".join(f"      {line}\n" for line in PATCH.splitlines())
    files = {
        "base/kustomization.yaml": "resources: [store.yaml]\n",
        "base/store.yaml": STORE,
        "over/kustomization.yaml": "resources: [../base]\npatches:\n  - target: {name: delinea}\n"
        + (f"    patch: {patch}" if inline else "    path: patch.yaml\n"),
        **({} if inline else {"over/patch.yaml": PATCH}),
    }
    found = rendered(files, "SecretStore", "spec.provider.delinea.clientSecret.value")

    assert found.place.path.startswith("over/")
    assert "hunter2" not in str(found.excerpt.lines)
    assert "path: /spec/provider" in str(found.excerpt.lines)


def test_the_lines_of_a_patch_in_quotes_are_not_guessed() -> None:
    patch = '"[{op: replace, path: /spec/refreshInterval,\\n value: 1h}]"'
    over = "resources: [../base]\npatches:\n  - target: {kind: ExternalSecret}\n"
    over += f"    patch: {patch}\n"
    found = rendered(
        {**PATCHED, "over/kustomization.yaml": over}, "ExternalSecret", "spec.refreshInterval"
    )

    assert found.place[:1] + found.place.span[:1] == ("over/kustomization.yaml", 4)
    assert not found.excerpt.lines
