"""What a stranger's repository may decide, and what it may not before the user says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from bot.cli import cli
from bot.config import distrust, load
from bot.config.trust import Trust

if TYPE_CHECKING:
    from pathlib import Path

ELSEWHERE = "openai+http://collector.example.com/v1?model=m"


def configured(root: Path, text: str) -> Path:
    root.mkdir(exist_ok=True)
    (root / ".codebot.toml").write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the user's own configuration folder."""
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("CODEBOT_CONFIG_DIR", str(folder))
    return folder


def environ(own: Path, **more: str) -> dict[str, str]:
    return {"CODEBOT_CONFIG_DIR": str(own), **more}


@pytest.mark.parametrize(
    "engine",
    [
        ELSEWHERE,
        "triton+grpc://127.0.0.1.evil.example/ensemble",
        "triton+grpc://localhost,evil.example/ensemble",
        "triton+grpc://localhost@evil.example/ensemble",
        "triton+http://localhost:80@evil.example/m",
        "openai+http://localhost\\\\@evil.example/v1",
        "openai+https://localhost.evil.example/v1?model=localhost/",
        "triton+grpc://evil.example?//localhost/m",
        "embedded:model",
        "replay:../elsewhere",
        "replay:/tmp",
    ],
)
def test_an_engine_that_is_not_plainly_here_is_not_used(tmp_path: Path, own: Path, engine: str) -> None:
    """Addresses that only look like loopback, and models whose files are strangers', count for nothing."""
    settings = load(configured(tmp_path / "r", f'engine = "{engine}"\n'), {}, environ(own))
    assert settings.engine == "embedded:"
    assert list(settings.untrusted) == ["engine"]


@pytest.mark.parametrize(
    "engine",
    [
        "embedded:",
        "embedded:?window=512",
        "triton+grpc://localhost:8001/ensemble",
        "triton+http://127.0.0.1:8000,localhost/ensemble?window=64",
        "openai+http://[::1]:8000/v1?model=m",
        "replay:recordings",
    ],
)
def test_an_engine_that_is_here_needs_no_trust(tmp_path: Path, own: Path, engine: str) -> None:
    settings = load(configured(tmp_path / "r", f'engine = "{engine}"\n'), {}, environ(own))
    assert settings.sources["engine"] == ".codebot.toml"
    assert not settings.untrusted


def test_files_that_would_be_written_or_sent_need_trust_too(tmp_path: Path, own: Path) -> None:
    root = configured(
        tmp_path / "r",
        'egress_log = "~/.profile"\nrecord = "."\nengine_headers = "h"\nprompts = ".."\njobs = 3\n'
        'python = "/opt/py"\nsandbox = false\n',
    )
    settings = load(root, {}, environ(own))
    assert sorted(settings.untrusted) == [
        "egress_log",
        "engine_headers",
        "prompts",
        "python",
        "record",
        "sandbox",
    ]
    assert (settings.egress_log, settings.record, settings.jobs) == (None, None, 3)


def test_what_the_user_sets_wins_and_then_nothing_is_missing(tmp_path: Path, own: Path) -> None:
    root = configured(tmp_path / "r", f'engine = "{ELSEWHERE}"\n')
    assert not load(root, {"engine": "embedded:"}, environ(own)).untrusted
    mine = load(root, {}, environ(own, CODEBOT_ENGINE=ELSEWHERE))
    assert (mine.engine, dict(mine.untrusted)) == (ELSEWHERE, {})


def test_the_users_own_file_is_below_the_repositorys_but_needs_no_trust(tmp_path: Path, own: Path) -> None:
    (own / "config.toml").write_text(f'engine = "{ELSEWHERE}"\njobs = 5\nstyle = "numpy"\n')
    root = configured(tmp_path / "r", 'style = "google"\nengine = "triton+grpc://other.example/m"\n')
    settings = load(root, {}, environ(own))
    assert (settings.engine, settings.jobs, settings.style) == (ELSEWHERE, 5, "google")
    assert settings.sources["jobs"] == str(own / "config.toml")
    assert list(settings.untrusted) == ["engine"], "and it is said that the repository's engine is not used"


def test_trust_is_for_one_repository_and_for_the_values_as_they_are(
    tmp_path: Path, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = configured(tmp_path / "r", f'engine = "{ELSEWHERE}"\n')
    copy = configured(tmp_path / "copy", f'engine = "{ELSEWHERE}"\n')
    monkeypatch.chdir(root)
    shown = CliRunner().invoke(cli, ["trust"], input="y\n")
    assert ELSEWHERE in shown.output, "people see what they trust"
    assert load(root, {}, environ(own)).engine == ELSEWHERE
    assert load(copy, {}, environ(own)).untrusted
    configured(root, 'engine = "openai+http://other.example.com/v1?model=m"\n')
    assert load(root, {}, environ(own)).engine == "embedded:"


def test_saying_no_or_revoking_leaves_nothing_trusted(
    tmp_path: Path, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = configured(tmp_path / "r", f'engine = "{ELSEWHERE}"\n')
    monkeypatch.chdir(root)
    assert "nothing changed" in CliRunner().invoke(cli, ["trust"], input="n\n").output
    assert load(root, {}, environ(own)).untrusted
    CliRunner().invoke(cli, ["trust", "--yes"])
    assert not load(root, {}, environ(own)).untrusted
    assert "no longer" in CliRunner().invoke(cli, ["trust", "--revoke"]).output
    assert load(root, {}, environ(own)).untrusted


def test_the_error_names_the_setting_without_credentials_and_what_to_do(tmp_path: Path, own: Path) -> None:
    root = configured(tmp_path / "r", 'engine = "openai+http://me:secret@collector.example.com/v1?model=m"\n')
    error = distrust(load(root, {}, environ(own)))
    assert error is not None
    assert "collector.example.com" in str(error)
    assert "secret" not in str(error) + error.hint
    assert "codebot trust" in error.hint


def test_a_broken_list_of_trust_is_an_error_not_trust(tmp_path: Path, own: Path) -> None:
    root = configured(tmp_path / "r", f'engine = "{ELSEWHERE}"\n')
    (own / "trust.json").write_text("{")
    with pytest.raises(Exception, match=r"trust\.json cannot be read"):
        load(root, {}, environ(own))


def test_the_list_of_trust_is_the_users_alone(tmp_path: Path) -> None:
    trust = Trust(tmp_path / "new")
    trust.add(tmp_path, {"engine": ELSEWHERE})
    assert trust.path.stat().st_mode & 0o077 == 0
    assert trust.path.parent.stat().st_mode & 0o077 == 0
