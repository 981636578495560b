from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esolint.model.credential import (
    _FORMATS,
    is_credential,
    judge,
    plain_text,
    role_of,
    secret_routes,
)
from esolint.resource import Resource, resources
from esolint.source import read_text
from esolint.value import format_route


def resource(text: str) -> Resource:
    documents, unread = read_text(text, "manifest.yaml")
    assert not unread
    return next(iter(resources(documents[0])))


def base64(text: str) -> str:
    return b64encode(text.encode()).decode()


# Formats are put together here, so that no scanner of this repository takes them for real.
HEX = "9f8e2b7c4d1a4f60b3e5a7c2d8f1e6b4"
BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj" * 3
PRIVATE_KEY = "-----BEGIN " + "PRIVATE KEY-----\n" + BODY + "\n-----END " + "PRIVATE KEY-----\n"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\n" + BODY + "\n-----END CERTIFICATE-----\n"
JWT = ".".join(("eyJ" + "hbGciOiJSUzI1NiJ9", "eyJ" + "zdWIiOiJzeXN0ZW0ifQ", HEX))
AWS_ID = "AKIA" + "QYLPMN5HNMXZ2KWB"
AWS_SECRET = "8v3Kq2ZpL7xWm4TnB9cR" + "f6YdJ1sHgE5uAoVtQiXw"


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("password", "tr0mbone-Lake", "a password"),
        ("password", "correct horse battery staple", "a password"),
        ("mysql-root-password", "testmysqlpswroot", "a password"),
        ("AIRFLOW_PASSWORD", "admin", "a password"),
        ("MYSQL_USER_PASSWORD", "testpassword2", "a password"),
        ("rootPassword", "feedkraystars", "a password"),
        ("password", "847291", "a password"),
        ("PASSWORD_PROD", "tr0mbone-Lake", "a password"),
        ("PASSWORD_GRAFANA", "tr0mbone-Lake", "a credential"),
        ("passphrase", "0pen-Sesame-now", "a password"),
        ("token", HEX, "a token"),
        ("API_KEY", HEX, "a key"),
        ("apikey", HEX, "a key"),
        ("AIRFLOW__WEBSERVER__SECRET_KEY", "38fe94df-115c-4096-91ec-b6e16ce3a01f", "a key"),
        ("FERNET_KEY", "y4qltqrt-CYLID344sZKXIdjy1-38n6LWrpuE0By73o=", "a key"),
        ("client-secret", "Zx8~Q2.fGh7Kd9", "a secret"),
        ("secret-access-key", AWS_SECRET, "a key"),
        ("secretkey", AWS_SECRET, "a key"),
        ("any", AWS_ID, "an AWS access key id"),
        ("any", "ghp_" + HEX + "abcd", "a GitHub token"),
        ("any", "glpat-" + HEX[:20], "a GitLab token"),
        ("any", "xoxb-" + "4711081512-" + HEX, "a Slack token"),
        ("any", "hvs." + HEX, "a Vault token"),
        ("any", "AGE-SECRET-KEY-1" + "Q2W3E4R5T6Y7U8I9O0PA" * 3, "an age identity"),
        ("any", "dp.st.prd." + HEX, "a Doppler token"),
        ("any", "ops_ey" + HEX * 2, "a 1Password service account token"),
        ("any", JWT, "a JSON web token"),
        ("any", PRIVATE_KEY, "a private key"),
        ("any", PRIVATE_KEY.replace("\n", "\\n"), "a private key"),
        ("tls.key", PRIVATE_KEY.replace("BEGIN ", "BEGIN EC "), "a private key"),
        ("bundle.pem", CERTIFICATE + PRIVATE_KEY, "a private key"),
        (
            "kubeconfig",
            f"users:\n- user:\n    client-key-data: {base64(PRIVATE_KEY)}",
            "a private key",
        ),
        ("config", f"users:\n- user:\n    token: {HEX}\n", "a token"),
        ("sa.json", json.dumps({"private_key": PRIVATE_KEY}), "a private key"),
        (
            ".dockerconfigjson",
            json.dumps({"auths": {"ghcr.io": {"auth": base64("app:tr0mbone")}}}),
            "registry credentials",
        ),
        ("config", json.dumps({"bearerToken": HEX, "tlsClientConfig": {}}), "a token"),
        ("1password.json", base64(json.dumps({"uniqueKey": {"k": HEX}})), "a private key"),
        ("DATABASE_URL", "postgres://app:tr0mbone@db/app", "an address with a password"),
        ("DATABASE_URL", "postgres://app:tr0mbone@${HOST}/app", "an address with a password"),
        ("REDIS", "redis://:tr0mbone@cache:6379", "an address with a password"),
        ("dsn", "app:tr0mbone@tcp(db:3306)/app", "an address with a password"),
        ("dsn", "host=db user=app password=tr0mbone1", "a password"),
        ("connection", "Server=db;User Id=app;Password=Tr0mbone!;", "a password"),
        ("auth", "app:$apr1$k3Jh7f2Q$" + "9sLxV0mB4nTzQwEr5yUiO/", "a password hash"),
        ("init.sql", "CREATE USER a IDENTIFIED BY 'tr0mbone-Lake';", "a password"),
        (".netrc", "machine git.example.com login app password tr0mbone", "a password"),
        ("aws", f"[a]\naws_access_key_id = {AWS_ID}\naws_secret_access_key={AWS_SECRET}", "a key"),
        ("settings.xml", "<server>\n  <password>tr0mbone-Lake</password>\n</server>", "a password"),
        ("app.properties", "# comment\nspring.datasource.password=tr0mbone-Lake", "a password"),
        ("values.yaml", 'smtp:\n  user: app\n  password: "tr0mbone-Lake"', "a password"),
    ],
)  # fmt: skip
def test_credentials(key: str, value: str, what: str) -> None:
    found = judge(key, value)
    assert found is not None
    assert found.what == what
    assert value.strip() not in repr(found)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("password", ""),
        ("password", "  \n"),
        ("password", "changeme"),
        ("password", "change-me-placeholder"),
        ("password", "password"),
        ("password", "test"),
        ("password", "supersecretpassword"),
        ("password", "the secret password"),
        ("password", "kafka-password"),
        ("CLIENT_SECRET", "my-service-principle-client-secret"),
        ("CLIENT_SECRET", "CHANGEME"),
        ("token", "my-token"),
        ("token", "**access token goes here**"),
        ("token", "YOUR_GITHUB_TOKEN"),
        ("token", "REDACTED"),
        ("BW_PASSWORD", "...."),
        ("secretkey", "12345e"),
        ("token-secret", "0123456789abcdef"),
        ("password", "aaaaaaaa"),
        ("accessId", "p-XXXX"),
        ("aws", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("any", "AKIA" + "IOSFODNN7EXAMPLE"),
        ("password", "op://vault/item/password"),
        ("password", "ref+awssecrets://db#/password"),
        ("password", "<path:secret/data/db#password>"),
        ("password", "vault:secret/data/db#password"),
        ("password", "ENC[AES256_GCM,data:5QbYtZ8c3w==,iv:kq0=,tag:m1l=,type:str]"),
        ("password", "${DB_PASSWORD}"),
        ("password", "$(DB_PASSWORD)"),
        ("password", "{{ .password }}"),
        ("password", "__DB_PASSWORD__"),
        ("password", "<DB_PASSWORD>"),
        ("password", "$DB_PASSWORD"),
        ("password", "/etc/app/password"),
        ("token", "/var/run/secrets/kubernetes.io/serviceaccount/token"),
        ("username", "tr0mbone-Lake"),
        ("CLIENT_ID", "38fe94df-115c-4096-91ec-b6e16ce3a01f"),
        ("CLOUDFLARE_TUNNEL_ID", HEX),
        ("commit", HEX),
        ("secret-name", "app-credentials-2"),
        ("token_url", "https://login.example.com/oauth/token"),
        ("token", "https://login.example.com/oauth/token"),
        ("auth-secret", "basic-auth"),
        ("tls.crt", CERTIFICATE),
        ("password", CERTIFICATE),
        ("public-key", HEX),
        ("deploy-key", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8s6c1Q2m4Vx7Zt0pLr5KfYdNw9eHb3"),
        ("tls.key", "-----BEGIN " + "PRIVATE KEY-----\nMIIE...\n-----END " + "PRIVATE KEY-----"),
        ("url", "git@github.com:example/charts"),
        ("url", "https://github.com/example/charts"),
        ("DATABASE_URL", "postgres://app:${PASSWORD}@db/app"),
        ("DATABASE_URL", "postgres://app:<PASSWORD>@db/app"),
        ("DATABASE_URL", "postgres://db:5432/app"),
        ("key1", "bar"),
        ("source-key", "my-secret"),
        ("key", "team-a/database/credentials"),
        ("password-rounds", "100000000"),
        ("kms-key", "38fe94df-115c-4096-91ec-b6e16ce3a01f"),
        ("SECRET_DOMAIN", "example.com"),
        ("SECRET_TIMEZONE", "Europe/Berlin"),
        ("DISABLE_PASSWORD_AUTH", "true"),
        (
            "credentials.json",
            '{"type": "external_account", "subject_token_type": "urn:example:jwt",'
            ' "token_url": "https://sts.googleapis.com/v1/token",'
            ' "credential_source": {"file": "/var/run/secrets/tokens/gcp-ksa/token"}}',
        ),
        (
            "config",
            "[default]\nrole_arn = arn:aws:iam::111122223333:role/r\n"
            "web_identity_token_file = /var/run/secrets/eks.amazonaws.com/serviceaccount/token",
        ),
        (
            "kubeconfig",
            "clusters:\n- cluster:\n    certificate-authority-data: " + base64(CERTIFICATE) + "\n"
            "users:\n- user:\n    exec:\n      args: [eks, get-token]",
        ),
        ("token-ttl", "3600"),
        ("password-length", "24"),
        ("secretsEnabled", "true"),
        ("config", '{"tlsClientConfig": {"insecure": false}}'),
        (".dockerconfigjson", '{"auths": {}}'),
        ("prometheus.yaml", "basic_auth:\n  password_file: /etc/password\nbearer_token: ${TOKEN}"),
        ("run.sh", 'PASSWORD=$(cat /run/password)\nTOKEN="$(get_token)"\n--password="$PASSWORD"'),
        ("main.tf", "token = kubernetes_secret_v1.manager.data.token\npassword = var.password"),
        ("app.conf", "# password = tr0mbone-Lake\n; token = abc123def456"),
        ("schema.yaml", "password: string\ntoken:\n  type: string\nsecret: required"),
        ("k", "sk-some-object-name"),
        ("passthrough", "tr0mbone-Lake1"),
        ("bypass", "tr0mbone-Lake1"),
    ],
)
def test_none(key: str, value: str) -> None:
    assert judge(key, value) is None


def test_confidence_and_identifiers() -> None:
    random, human = judge("token", HEX), judge("password", "tr0mbone")
    assert random is not None
    assert human is not None
    assert (random.confidence, human.confidence) == ("high", "medium")
    half, whole = judge("accessKey", HEX), judge("secretKey", HEX)
    assert half is not None
    assert whole is not None
    assert (half.identifier, whole.identifier) == (True, False)


def test_what_a_value_is_used_as_helps_where_its_key_does_not_tell() -> None:
    assert not is_credential("value", HEX)
    assert judge("value", HEX, "token") is not None
    assert judge("value", "changeme", "password") is None


@pytest.mark.parametrize(
    ("key", "role"),
    [
        ("password", "password"),
        ("smaug-s3SecretKey", "token"),
        ("AWS_SECRET_ACCESS_KEY", "token"),
        ("APIKey", "token"),
        ("license-key", "key"),
        ("partition-key", None),
        ("secret-config", "key"),
        ("access-key-id", None),
        ("passwordPolicy", None),
        ("ssh-publickey", None),
        ("compass", None),
        ("", None),
    ],
)
def test_roles(key: str, role: str | None) -> None:
    assert role_of(key) == role


@pytest.mark.parametrize(
    ("value", "encoded", "text"),
    [
        ("dHIwbWJvbmU=", True, "tr0mbone"),
        ("dHIw\n  bWJvbmU=\n", True, "tr0mbone"),
        ("tr0mbone!", True, "tr0mbone!"),
        ("3q2+7wD/AQIDBA==", True, "3q2+7wD/AQIDBA=="),
        ("AAECAwQF", True, "AAECAwQF"),
        ("dHIwbWJvbmU=", False, "dHIwbWJvbmU="),
        (8472910365, False, "8472910365"),
        (True, False, None),
        (None, True, None),
        (["a"], False, None),
        ({}, False, None),
    ],
)
def test_plain_text(value: Any, encoded: bool, text: str | None) -> None:
    assert plain_text(value, encoded) == text


def routes(text: str) -> list[str]:
    return [format_route(route) for route in secret_routes(resource(text))]


def test_everything_in_a_secret_is_secret() -> None:
    text = """
        apiVersion: v1
        kind: Secret
        metadata:
          name: app
          annotations:
            kubectl.kubernetes.io/last-applied-configuration: '{"data": {"a": "dHIwbWJvbmU="}}'
        data: {a: dHIwbWJvbmU=, b: }
        stringData: {user: app, port: 5432}
        """
    annotation = 'metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]'
    assert routes(text) == [annotation, "data.a", "data.b", "stringData.user", "stringData.port"]
    assert routes("{apiVersion: v1, kind: Secret, data: 'tr0mbone'}") == ["data"]
    assert routes("{apiVersion: example.com/v1, kind: Secret, data: {a: app}}") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            """
            kind: SecretStore
            spec:
              provider:
                delinea:
                  clientId: {value: app}
                  clientSecret: {value: tr0mbone}
                  tenant: example
            """,
            ["spec.provider.delinea.clientId.value", "spec.provider.delinea.clientSecret.value"],
        ),
        (
            """
            kind: SecretStore
            spec:
              provider:
                vault:
                  server: https://vault.example.com
                  auth: {tokenSecretRef: tr0mbone}
            """,
            ["spec.provider.vault.auth.tokenSecretRef"],
        ),
        (
            """
            kind: ClusterSecretStore
            spec:
              provider:
                fake:
                  data:
                    - {key: a, value: b, version: v1}
                    - {key: c, valueMap: {d: e}}
            """,
            ["spec.provider.fake.data[0].value", "spec.provider.fake.data[1].valueMap.d"],
        ),
        (
            """
            kind: SecretStore
            spec:
              provider:
                webhook:
                  url: https://example.com/?token=abc
                  headers: {Content-Type: application/json, X-Key: "k"}
                  body: "{}"
                  result: {jsonPath: $.data}
                  secrets: [{name: auth, secretRef: {name: app, key: token}}]
            """,
            [
                "spec.provider.webhook.url",
                "spec.provider.webhook.body",
                "spec.provider.webhook.headers.X-Key",
            ],
        ),
        (
            f"""
            kind: ExternalSecret
            spec:
              data:
                - secretKey: AWS_SECRET_ACCESS_KEY1
                  remoteRef: {{key: 38fe94df-115c-4096-91ec-b6e16ce3a01f, property: {HEX}}}
              target:
                template:
                  data:
                    user: app
                    host: db.example.com
                    enabled: "true"
                    url: https://example.com
                    extra: something
                    password: tr0mbone
                    token: "{{{{ .token }}}}"
            """,
            ["spec.target.template.data.extra", "spec.target.template.data.password"],
        ),
    ],
)
def test_what_stands_literally_in_an_eso_object_is_secret(text: str, expected: list[str]) -> None:
    assert sorted(routes("apiVersion: external-secrets.io/v1" + _indented(text))) == sorted(
        expected
    )


def test_generators() -> None:
    head = "apiVersion: generators.external-secrets.io/v1alpha1"
    fake = head + "\nkind: Fake\nspec: {data: {a: b}}"
    assert routes(fake) == ["spec.data.a"]
    cluster = head + "\nkind: ClusterGenerator\nspec: {generator: {fakeSpec: {data: {a: b}}}}"
    assert routes(cluster) == ["spec.generator.fakeSpec.data.a"]
    password = head + "\nkind: Password\nspec: {length: 42, digits: 5, symbols: 5}"
    assert routes(password) == []


def test_elsewhere_only_what_is_a_credential() -> None:
    text = f"""
        apiVersion: helm.toolkit.fluxcd.io/v2
        kind: HelmRelease
        spec:
          values:
            existingSecret: app
            adminPassword: tr0mbone
            token: ""
            env:
              - {{name: DB_HOST, value: db}}
              - {{name: DB_PASSWORD, value: tr0mbone}}
            image: {{digest: sha256:{HEX}}}
        """
    assert routes(text) == ["spec.values.adminPassword", "spec.values.env[1].value"]


def _indented(text: str) -> str:
    from textwrap import dedent

    return dedent(text)


@given(st.text(max_size=60), st.text(max_size=400))
def test_any_text_is_judged(key: str, value: str) -> None:
    found = judge(key, value)
    assert found == judge(key, value)
    plain_text(value, encoded=True)


@given(st.binary(max_size=200))
def test_any_bytes_are_judged(data: bytes) -> None:
    text = plain_text(b64encode(data).decode(), encoded=True)
    assert text is not None
    judge("password", text)


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "ab1",
        "password=",
        "password: a\n",
        "x://y:",
        "://",
        "-----BEGIN " + "PRIVATE KEY-----",
        "-----BEGIN " + "PRIVATE KEY-----\n" + "A1b2",
        "LS0tLS1CRUdJTi",
        "eyJhbGciOiJSUzI1NiJ9.",
        "{",
        "[",
        '{"a":',
        " ",
        "\t=",
        "machine a login ",
        "<password>",
        "sk-a-",
        "password" + "secret",
        "a.",
        "a-",
        "__a",
        "/var/a",
        "$2a$10$",
        "AKIA",
        *(hint for hint, _, _ in _FORMATS),
        *(hint + "a1-" for hint, _, _ in _FORMATS),
        *(hint + "." for hint, _, _ in _FORMATS),
        "s.",
        "eyJ-",
        "tskey-a-",
        "sk-a0-",
    ],
)
def test_a_huge_value_ends(piece: str) -> None:
    """Without a bound the slowest of them would take hours."""
    value = piece * (400_000 // len(piece))
    for key in ("password", "key", "any"):
        judge(key, value)
        judge(key, value[:64_000])
        judge(key, plain_text(value, encoded=True) or "")
