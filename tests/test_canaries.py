"""Secrets are planted wherever one can stand; none of them may appear in any output."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import md5, sha1, sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from esolint import engine
from esolint.cli import main
from esolint.mask import masked
from esolint.report import FORMATS
from esolint.report.linehash import line_hashes
from esolint.rule import load_rules

# Each `cnry<n>` is a secret of its own, `b64(…)` the encoding of one.
MANIFESTS = {
    "secret.yaml": """\
# password was cnry001Xq7
apiVersion: v1
kind: Secret
metadata:
  name: keys
  namespace: shop
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {"apiVersion":"v1","kind":"Secret","stringData":{"password":"cnry002Xq7"}}
data:
  password: b64(cnry003Xq7vLk3) # cnry004Xq7
  token: >-
    b64(cnry005Xq7vLk3)
    b64(cnry006Xq7vLk3)
  token: b64(cnry007Xq7vLk3)
stringData:
  plain: cnry008Xq7vLk3
  # old: cnry009Xq7
  quoted: "cnry010 \\
    cnry011Xq7"
  'single': 'cnry012Xq7

    cnry013Xq7'
  block: |
    cnry014Xq7
      cnry015Xq7

    cnry016Xq7
  deeper: |2
        cnry017Xq7
    cnry018Xq7
  folded: >
    cnry019Xq7
    cnry020Xq7
  multi: cnry021Xq7
    cnry022Xq7
  tagged: !!str cnry023Xq7
  anchored: &cnry024Xq7 cnry025Xq7
  apart: &cnry026Xq7
    cnry027Xq7
  number: 70100280
  config.json: |
    {"auths": {"r.io": {"auth": "b64(user:cnry029Xq7)", "password": "cnry030Xq7"}}}
  kubeconfig: |
    users: [{name: a, user: {token: cnry031Xq7vLk3mNp, password: cnry032Xq7}}]
---
apiVersion: v1
kind: Secret
metadata: {name: twice, namespace: shop}
stringData:
  password: cnry037Xq7vLk3
  a: &cnry038Xq7
  b: !cnry039Xq7
  c: *cnry038Xq7
stringData: {flow: cnry033Xq7, other: ["cnry034Xq7"], "c": 'cnry035Xq7'} # cnry036Xq7
""",
    "list.yaml": """\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: SecretList
  items:
  - {apiVersion: v1, kind: Secret, metadata: {name: x}, stringData: {p: cnry040Xq7}}
- apiVersion: external-secrets.io/v1
  kind: ExternalSecret
  metadata: {name: listed, namespace: shop}
  spec:
    refreshInterval: 0s
    refreshIntervall: 1h
    target: {template: {data: {password: cnry042Xq7vLk3}}}
""",
    "stores.yaml": """\
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: aws, namespace: shop}
spec:
  provider:
    aws:
      service: SecretsManager
      region: eu-west-1
      auth:
        secretRef:
          accessKeyIDSecretRef: {name: keys, key: plain}
          secretAccessKeySecretRef: {name: keys, key: password}
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: keys}
spec:
  provider:
    aws:
      service: SecretsManager
      region: eu-west-1
      auth:
        secretRef:
          accessKeyIDSecretRef: {name: keys, key: cnrykey}
          secretAccessKeySecretRef: cnry050Xq7vLk3
          sessionTokenSecretRef: {value: cnry051Xq7}
    fake:
      data:
      - {key: a, value: cnry052Xq7, version: 1}
      - key: b
        value: |
          cnry053Xq7
        valueMap: {x: cnry054Xq7}
    doppler:
      auth:
        secretRef:
          dopplerToken: cnry055Xq7vLk3
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: hook, namespace: shop}
spec:
  provider:
    webhook:
      url: https://user:cnry056Xq7@h.example/x?token=cnry057Xq7
      headers:
        Authorization: Bearer cnry058Xq7vLk3
        X-Api-Key: cnry059Xq7vLk3
      body: '{"password": "cnry060Xq7"}'
      timeout: cnry
    vault:
      server: http://v.example
      auth:
        tokenSecretRef: cnry061Xq7vLk3
        userPass: {path: up, username: u, secretRef: cnry062Xq7vLk3}
        password: cnry063Xq7vLk3
---
apiVersion: generators.external-secrets.io/v1alpha1
kind: Fake
metadata: {name: fake, namespace: shop}
spec:
  data: {a: cnry064Xq7, b: [cnry065Xq7]}
---
apiVersion: generators.external-secrets.io/v1alpha1
kind: Webhook
metadata: {name: hook, namespace: shop}
spec:
  url: https://h.example/?key=cnry066Xq7
  headers: {Authorization: cnry067Xq7}
  body: cnry068Xq7
---
apiVersion: generators.external-secrets.io/v1alpha1
kind: ClusterGenerator
metadata: {name: hook}
spec:
  kind: Fake
  generator: {fakeSpec: {data: {a: cnry069Xq7}}, webhookSpec: {headers: {X-Token: cnry070Xq7}}}
""",
    "consumers.yaml": """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: db
  namespace: shop
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{"password": "cnry080Xq7"}'
spec:
  # password: cnry081Xq7vLk3
  refreshInterval: 0s # token=cnry082Xq7vLk3mNp9
  password: cnry083Xq7vLk3
  password: cnry084Xq7vLk3
  secretStoreRef: {name: absent, kind: Secretstore, token: cnry085Xq7vLk3}
  secretStoreRef: {name: absent, kind: SecretStore}
  target:
    creationPolicy: cnry
    template:
      data:
        password: cnry086Xq7vLk3
        url: postgres://app:cnry087Xq7@db.example/app
        config.yaml: |
          password: cnry088Xq7vLk3
          user: {{ .user }}
        literal: cnry089Xq7vLk3 # cnry090Xq7
  data:
  - secretKey: password
    remoteRef: {key: db, property: [password]}
    password: cnry092Xq7vLk3
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: bad, namespace: shop}
spec: {target: {template: {data: {password: *cnry100Xq7}}}}
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: bad, password: cnry101Xq7}
spec:
  provider: {fake: {data: [{value: cnry102Xq7}]
  token: "cnry103Xq7
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata:
  name: x # cnry104Xq7
  password: cnry105Xq7: cnry106Xq7
  name: cnry107Xq7 cnry108Xq7
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: tagged
  token: !!int cnry109Xq7
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: control}
spec: "cnry110Xq7\x07"
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: encrypted, namespace: shop}
spec: {refreshInterval: 0s, target: {template: {data: {p: "ENC[cnryencrypted]"}}}}
sops: {age: []}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: env, namespace: shop}
data:
  PASSWORD: cnry112Xq7vLk3
  policy.json: |
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
# esolint: ignore[nothing] because
# cnry113Xq7 # esolint: ignore[nothing-else] because
""",
    "broken.json": """\
{"apiVersion": "external-secrets.io/v1", "kind": "SecretStore", "token": "cnry120Xq7",
 "name": "x", "password": "cnry121Xq7"
""",
}
# What has no secrecy of its own: words of the tests.
HARMLESS = re.compile(r"cnry(?!\d)\w*")


def planted() -> dict[str, str]:
    def encode(match: re.Match[str]) -> str:
        return b64encode(match[1].encode()).decode()

    return {name: re.sub(r"b64\((.*?)\)", encode, text) for name, text in MANIFESTS.items()}


def traces() -> Iterator[str]:
    """Yield what gives a canary away: itself, its base64, its hashes."""
    text = "\n".join(MANIFESTS.values())
    yield "70100280"
    yield from re.findall(r"b64\((.*?)\)", text)
    for canary in {*re.findall(r"cnry\d+\w*", text), "70100280"}:
        data = canary.encode()
        yield canary
        yield b64encode(data).decode().rstrip("=")
        for algorithm in (md5, sha1, sha256):
            yield algorithm(data).hexdigest()
            yield b64encode(algorithm(data).digest()).decode()
    for name in re.findall(r"b64\((.*?)\)", text):
        yield b64encode(name.encode()).decode()


TRACES = sorted(set(traces()))


def found_in(output: str) -> list[str]:
    return [trace for trace in TRACES if trace in output]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in planted().items():
        tmp_path.joinpath(name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["check", "--profile", "strict", *arguments])


@pytest.mark.parametrize("output", FORMATS)
@pytest.mark.parametrize("more", [[], ["--literal"], ["--no-suppressions", "--select", "ALL"]])
def test_no_report_holds_a_secret(repository: Path, output: str, more: list[str]) -> None:
    run = check("--output-format", output, "--show-suppressed", "--statistics", *more)

    assert run.exit_code == 1, run.stderr
    assert len(run.stdout) > 5000
    assert found_in(run.stdout + run.stderr) == []


def test_the_manifests_are_worth_the_test(repository: Path) -> None:
    run = check("--output-format", "json")
    rules = {finding["rule"] for finding in json.loads(run.stdout)["findings"]}

    wanted = ["yaml-syntax", "duplicate-key", "unknown-field", "secret-value-in-git", "wrong-type"]
    assert rules >= {*wanted, "store-credential-in-git", "static-aws-keys", "unknown-suppression"}


@pytest.mark.parametrize("name", sorted(MANIFESTS))
def test_no_line_of_a_frame_holds_a_secret(name: str) -> None:
    content = planted()[name].encode()

    shown = masked(name, content)

    assert shown.count(b"\n") == content.count(b"\n")
    assert found_in(shown.decode()) == []


def test_line_hashes_are_not_those_of_secrets(repository: Path) -> None:
    run = check("--output-format", "sarif")

    hashes = set(re.findall(r'"primaryLocationLineHash": "([^"]+)"', run.stdout))
    assert hashes
    for name, text in planted().items():
        held = [n for n, line in enumerate(text.split("\n")) if found_in(line)]
        of_file = line_hashes(repository.joinpath(name).read_bytes())
        # A hash covers a hundred characters from its line on.
        assert not hashes & {of_file[n] for n in held if n < len(of_file)}


@pytest.mark.parametrize("output", FORMATS)
def test_a_crash_does_not_tell_what_it_saw(
    repository: Path, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    def crash(*arguments: object, **options: object) -> None:
        raise KeyError("cnry003Xq7vLk3", arguments)

    monkeypatch.setattr(engine, "_function", lambda rule: crash)
    run = check("--output-format", output)

    assert run.exit_code == 3
    assert "crashed (KeyError" in run.stdout
    assert found_in(run.stdout + run.stderr) == []


@pytest.mark.parametrize("where", ["esolint.run.locate.diagnostics", "esolint.run.read"])
def test_a_crash_outside_of_a_check_does_not_tell_either(
    repository: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def crash(*arguments: object, **options: object) -> None:
        raise ValueError("cnry003Xq7vLk3")

    monkeypatch.setattr(where, crash)
    run = check()

    assert run.exit_code == 3
    assert run.stderr.startswith("esolint: crashed (ValueError in run.py:")
    assert found_in(run.stdout + run.stderr) == []


def test_no_rule_alone_tells_a_secret(repository: Path) -> None:
    for rule in load_rules():
        run = check("--select", rule, "--output-format", "json")

        assert run.exit_code in (0, 1), rule
        assert found_in(run.stdout + run.stderr) == [], rule
