"""What the user's own kustomize or Helm renders. Only the command line asks for it.

The tools get no shell, no standard input, so much time and so much output; plugins and Helm
charts inside kustomizations stay switched off. They may fetch what lies elsewhere.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from contextlib import suppress

# A namespace that counts as a placeholder: nobody says where the release goes.
_ANY_NAMESPACE = "__release_namespace__"
_SECONDS = 60
_MOST_BYTES = 50_000_000
_REASON = 300
_FAULT = r"(?i)error:?\s*"
# What a message quotes of the input may be a secret.
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|`[^`]*`|\[[^\]]*\]|\{[^}]*\}")


def shown(folder: str, tool: str) -> str:
    """Return what reports call the text that a tool makes of a folder."""
    name = "kustomization.yaml" if tool == "kustomize" else "Chart.yaml"
    return f"{'' if folder == '.' else folder + '/'}{name} (rendered)"


def missing(tool: str) -> str | None:
    """Return what to install where a tool is not there."""
    if _command(tool):
        return None
    if tool == "helm":
        return "there is no helm on the PATH; install Helm 3.8 or newer"
    return "there is neither kustomize nor kubectl on the PATH; install one of them"


def rendered(
    folder: str, tool: str, namespace: str | None = None, *, seconds: float = _SECONDS
) -> bytes | str:
    """Return what a tool makes of a folder, or the reason why it makes nothing.

    A chart's release is called like its folder. Where `namespace` is None, what Helm puts in
    place of the release's is a placeholder.
    """
    command = _command(tool)
    if not command:
        return missing(tool) or ""
    # A folder may be called like a flag.
    path = folder if os.path.isabs(folder) else os.path.join(os.curdir, folder)
    if tool == "helm":
        name = os.path.basename(os.path.abspath(folder)).lower()
        release = re.sub(r"[^a-z0-9-]+", "-", name).strip("-")[:53].strip("-") or "release"
        command += [release, path, "--namespace", namespace or _ANY_NAMESPACE]
    else:
        command.append(path)
    with tempfile.TemporaryFile() as errors:
        try:
            # In a group of its own: a tool may start others, which hold its output open.
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        except OSError as error:
            return f"{os.path.basename(command[0])} cannot be run: {error.strerror}"
        ended = threading.Event()

        def end() -> None:
            ended.set()
            _kill(process)

        timer = threading.Timer(seconds, end)
        timer.start()
        with process:
            assert process.stdout is not None
            output = process.stdout.read(_MOST_BYTES + 1)
            if len(output) > _MOST_BYTES:
                _kill(process)
            status = process.wait()
        timer.cancel()
        name = os.path.basename(command[0])
        if ended.is_set():
            return f"{name} took more than {seconds:g} s"
        if len(output) > _MOST_BYTES:
            return f"{name} prints more than {_MOST_BYTES} bytes"
        if status:
            errors.seek(0)
            return _reason(name, status, errors.read(10_000))
        return output


def _kill(process: subprocess.Popen[bytes]) -> None:
    if os.name == "posix":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def _command(tool: str) -> list[str]:
    """Return how a tool is called; empty where it is not installed."""
    commands = {
        "helm": (("helm", "template"),),
        "kustomize": (("kustomize", "build"), ("kubectl", "kustomize")),
    }
    for name, verb in commands[tool]:
        path = shutil.which(name)
        if path is not None:
            return [path, verb]
    return []


def _reason(name: str, status: int, errors: bytes) -> str:
    """Return why a tool gave up: the first line that says so, without what it quotes."""
    lines = errors.decode("utf-8", "replace").splitlines()
    first = next((line for line in lines if re.match(_FAULT, line)), next(iter(lines), ""))
    logged = re.search(r" err=\"((?:[^\"\\]|\\.)*+)\"", first)
    said = logged[1].replace('\\"', '"') if logged else re.sub(_FAULT, "", first)
    said = _QUOTED.sub(lambda match: re.sub(r"(?s).*\s.*", "…", match[0]), said)
    said = said.strip()[:_REASON]
    return f"{name} fails: {said}" if said else f"{name} fails with status {status}"
