from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from esolint import render
from esolint.render import missing, rendered, shown


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


def fake(tools: Path, name: str, code: str) -> None:
    tool = tools / name
    tool.write_text(f"#!{sys.executable}\nimport os, sys, time\n{code}\n", encoding="utf-8")
    tool.chmod(0o755)


ECHO = "print('args:', *sys.argv[1:], 'stdin:', repr(sys.stdin.read()))"


def said(result: bytes | str) -> str:
    assert isinstance(result, bytes), result
    return result.decode().rstrip()


@pytest.mark.skipif(os.name != "posix", reason="the fake tools are scripts with a #! line")
class TestFakeTools:
    def test_helm_renders_a_chart(self, tools: Path) -> None:
        fake(tools, "helm", ECHO)

        assert said(rendered("charts/My_App", "helm", "apps")) == (
            "args: template my-app ./charts/My_App --namespace apps stdin: ''"
        )

    def test_a_namespace_that_nobody_names_is_a_placeholder(self, tools: Path) -> None:
        fake(tools, "helm", ECHO)

        assert "--namespace __release_namespace__" in said(rendered(".", "helm"))

    def test_a_folder_is_no_flag(self, tools: Path) -> None:
        fake(tools, "kustomize", ECHO)

        assert said(rendered("--help", "kustomize")) == "args: build ./--help stdin: ''"
        assert said(rendered("/x", "kustomize")) == "args: build /x stdin: ''"

    def test_kubectl_stands_in_for_kustomize(self, tools: Path) -> None:
        fake(tools, "kubectl", ECHO)

        assert said(rendered("x", "kustomize")) == "args: kustomize ./x stdin: ''"

    @pytest.mark.parametrize(
        ("errors", "reason"),
        [
            ("Error: no Chart.yaml\nmore", "helm fails: no Chart.yaml"),
            ("WARNING: old\nError: it is bad", "helm fails: it is bad"),
            ('E11 run.go:72] "failed" err="not \\"there\\""', 'helm fails: not "there"'),
            ("Error: bad patch [a: hunter2]", "helm fails: bad patch …"),
            ("Error: bad: 'password: hunter2'", "helm fails: bad: …"),
            ("Error: at <.x>: 'a/b.yaml'", "helm fails: at <.x>: 'a/b.yaml'"),
            ("", "helm fails with status 3"),
        ],
    )
    def test_why_a_tool_gives_up(self, tools: Path, errors: str, reason: str) -> None:
        fake(tools, "helm", f"print('kind: A'); sys.stderr.write({errors!r}); sys.exit(3)")

        assert rendered("x", "helm") == reason

    def test_time_is_limited_for_what_a_tool_starts_too(self, tools: Path) -> None:
        fake(tools, "helm", "os.fork(); time.sleep(30)")

        assert rendered("x", "helm", seconds=1) == "helm took more than 1 s"

    def test_output_is_limited(self, tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(render, "_MOST_BYTES", 1000)
        fake(tools, "helm", "while True: print('x' * 100)")

        assert rendered("x", "helm") == "helm prints more than 1000 bytes"

    def test_a_tool_that_cannot_run(self, tools: Path) -> None:
        (tools / "helm").write_text("#!/absent/interpreter\n", encoding="utf-8")
        (tools / "helm").chmod(0o755)

        assert rendered("x", "helm") == "helm cannot be run: No such file or directory"


def test_a_missing_tool_is_named(tools: Path) -> None:
    assert str(missing("helm")).startswith("there is no helm on the PATH; install Helm")
    assert "neither kustomize nor kubectl" in str(rendered("x", "kustomize"))


def test_what_reports_call_a_rendered_text() -> None:
    assert shown("apps/prod", "kustomize") == "apps/prod/kustomization.yaml (rendered)"
    assert shown(".", "helm") == "Chart.yaml (rendered)"


def test_kustomize_itself(tmp_path: Path) -> None:
    if not (shutil.which("kustomize") or shutil.which("kubectl")):
        pytest.skip("needs kustomize or kubectl, whose output is read")
    (tmp_path / "a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    (tmp_path / "kustomization.yaml").write_text("namePrefix: x-\nresources: [a.yaml]\n")

    assert "name: x-a" in said(rendered(str(tmp_path), "kustomize"))
    (tmp_path / "a.yaml").unlink()
    reason = rendered(str(tmp_path), "kustomize")
    assert isinstance(reason, str)
    assert " fails: " in reason
