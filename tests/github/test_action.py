"""`action.yml` as a runner would run it: its own script, with its own defaults, on an event of GitHub's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml  # type: ignore[import-untyped]

from tests.github.test_events import event
from tests.github.test_flow import TWO, about

if TYPE_CHECKING:
    from tests.github.conftest import World

ROOT = Path(__file__).parents[2]


def run_action(world: World, folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run the action's last step with `inputs` over its defaults."""
    action: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    given = {name: str(row.get("default", "")) for name, row in action["inputs"].items()} | inputs
    unknown = set(inputs) - set(action["inputs"])
    assert not unknown, unknown
    step = action["runs"]["steps"][-1]
    variables = {
        name: given[value.removeprefix("${{ inputs.").removesuffix(" }}")]
        for name, value in step["env"].items()
    }
    command = folder / "codebot" / "bin" / "codebot"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m bot "$@"\n')
    command.chmod(0o755)
    payload = event("pull_request.opened")
    payload["repository"]["full_name"] = world.double.name
    payload["pull_request"] |= {"number": 1, "head": {"sha": world.double.head}}
    (folder / "event.json").write_text(json.dumps(payload))
    environ = {
        **world.environ(PYTHONPATH=str(ROOT), RUNNER_TEMP=str(folder), CODEBOT_CONFIDENCE="off"),
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        **variables,
    }
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=world.clone,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="a runner's bash")
def test_the_action_reviews_the_events_pull_request(world: World, tmp_path: Path) -> None:
    """With nothing but a token and a key."""
    done = run_action(world, tmp_path, token="bot", **{"signing-key": "a key"})  # noqa: S106 - the double's
    assert done.returncode == 0, done.stdout + done.stderr
    assert about(world) == TWO
    assert done.stdout.startswith("::stop-commands::")


@pytest.mark.skipif(sys.platform == "win32", reason="a runner's bash")
def test_inputs_reach_the_command(world: World, tmp_path: Path) -> None:
    """A dry run with reports posts nothing and writes them; hostile inputs are words, not shell."""
    report = tmp_path / "out.sarif"
    done = run_action(
        world,
        tmp_path,
        token="bot",  # noqa: S106 - the double's
        reports=f"sarif={report} json={tmp_path / 'out.json'}",
        **{"dry-run": "true", "max-comments": "5", "signing-key": "$(touch owned); `touch owned`"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert world.writes() == 0
    assert json.loads(report.read_text())["version"] == "2.1.0"
    assert (tmp_path / "out.json").exists()
    assert not (world.clone / "owned").exists()
