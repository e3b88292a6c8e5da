"""Settings: which source wins, where each value came from, and what a mistake is told."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from bot.config import FIELDS, Settings, load
from bot.errors import UsageError


def write(root: Path, name: str, text: str) -> Path:
    (root / name).write_text(text, encoding="utf-8")
    return root


def failure(root: Path, **environ: str) -> str:
    with pytest.raises(UsageError) as caught:
        load(root, {}, environ)
    return f"{caught.value} | {caught.value.hint}"


def test_without_any_source_everything_is_its_default(tmp_path: Path) -> None:
    settings = load(tmp_path, {}, {})
    assert settings == Settings()
    assert set(settings.sources.values()) == {"default"}


def test_flags_win_over_environment_over_file_over_default(tmp_path: Path) -> None:
    write(tmp_path, ".codebot.toml", 'style = "numpy"\njobs = 2\nline-length = 100\n')
    settings = load(
        tmp_path, {"style": "sphinx", "limit": None}, {"CODEBOT_STYLE": "google", "CODEBOT_JOBS": "3"}
    )
    assert (settings.style, settings.jobs, settings.line_length, settings.limit) == ("sphinx", 3, 100, None)
    assert {name: settings.sources[name] for name in ("style", "jobs", "line_length", "limit")} == {
        "style": "command line (--style)",
        "jobs": "environment (CODEBOT_JOBS)",
        "line_length": ".codebot.toml",
        "limit": "default",
    }


def test_pyproject_is_read_too(tmp_path: Path) -> None:
    write(
        tmp_path,
        "pyproject.toml",
        '[project]\nname = "x"\n[tool.codebot]\nexclude = ["docs/**"]\nconfidence = 0.5\n',
    )
    settings = load(tmp_path, {}, {})
    assert (settings.exclude, settings.confidence) == (("docs/**",), 0.5)
    assert settings.sources["exclude"] == "[tool.codebot] in pyproject.toml"


def test_settings_in_both_files_are_an_error_naming_both(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", "[tool.codebot]\njobs = 1\n")
    write(tmp_path, ".codebot.toml", "jobs = 1\n")
    message = failure(tmp_path)
    assert ".codebot.toml" in message
    assert "pyproject.toml" in message


def test_a_pyproject_that_says_nothing_of_codebot_is_left_alone_even_when_broken(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", "[tool.black\n")
    write(tmp_path, ".codebot.toml", "jobs = 4\n")
    assert load(tmp_path, {}, {}).jobs == 4


@pytest.mark.parametrize(
    ("text", "near"),
    [("exlude = []", "exclude"), ("max_bytes = 3", "max_file_bytes"), ("line-lenght = 3", "line_length")],
)
def test_an_unknown_key_names_the_nearest_known_one_and_the_file(
    tmp_path: Path, text: str, near: str
) -> None:
    message = failure(write(tmp_path, ".codebot.toml", text))
    assert message == f".codebot.toml: unknown key {text.split(maxsplit=1)[0]!r} | Did you mean {near}?"


def test_a_tool_table_in_the_dedicated_file_is_explained(tmp_path: Path) -> None:
    assert "top level" in failure(write(tmp_path, ".codebot.toml", "[tool.codebot]\njobs = 1\n"))


@pytest.mark.parametrize(
    "text",
    [
        "engine = 3",
        'engine = "starcoder"',
        'tasks = ["docstring"]',
        "tasks = []",
        'style = "epytext"',
        "sections = true",
        'private = "perhaps"',
        "jobs = 0",
        "jobs = true",
        "jobs = 1.5",
        "include = [1]",
        "limit = -1",
        "prompts = 1",
        "confidence = 70",
        "confidence = nan",
        "confidence = true",
        'confidence = "high"',
        "cache = 1",
        'record = ""',
    ],
)
def test_a_wrong_value_names_key_file_expected_type_and_an_example(tmp_path: Path, text: str) -> None:
    key = text.split(maxsplit=1)[0]
    row = FIELDS[key]
    message = failure(write(tmp_path, ".codebot.toml", text))
    assert message.startswith(f".codebot.toml: {key} must be {row.expects}, not ")
    assert message.endswith(f"| For example: {row.example}")


def test_a_wrong_variable_names_the_variable(tmp_path: Path) -> None:
    assert failure(tmp_path, CODEBOT_JOBS="many") == (
        "environment: CODEBOT_JOBS must be a whole number, at least 1, not 'many' | For example: jobs = 2"
    )


def test_broken_toml_names_file_and_line(tmp_path: Path) -> None:
    message = failure(write(tmp_path, ".codebot.toml", "jobs = 1\nstyle = google\n"))
    assert ".codebot.toml is not valid TOML" in message
    assert "line 2" in message


@pytest.mark.parametrize("raw", [b"style = '\xff'", "style = 'google'".encode("utf-16")])
def test_a_file_that_is_not_utf_8_is_an_error(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / ".codebot.toml").write_bytes(raw)
    assert "UTF-8" in failure(tmp_path)


def test_a_tool_entry_that_is_no_table_is_an_error(tmp_path: Path) -> None:
    assert "must be a table" in failure(write(tmp_path, "pyproject.toml", "tool.codebot = 1\n"))


def test_every_setting_can_come_from_the_environment(tmp_path: Path) -> None:
    given = {
        "engine": "replay:there",
        "findings": "a.sarif,b.json",
        "junit": "report.xml",
        "recheck": "lint: lint {path}",
        "doctests": "off",
        "test_commands": "ruby: ruby {path}",
        "tasks": "docstrings",
        "style": "Google",
        "sections": "always",
        "examples": "never",
        "private": "yes",
        "tests": "1",
        "improve": "on",
        "jobs": "7",
        "deadline": "2.5",
        "include": "src/**, lib/**",
        "exclude": "x",
        "max_file_bytes": "10",
        "line_length": "100",
        "limit": "0",
        "sandbox": "no",
        "python": "venv",
        "prompts": "p",
        "confidence": "0.25",
        "cache": "off",
        "record": "r",
        "egress_log": "log",
        "engine_ca": "ca",
        "engine_cert": "cert",
        "engine_key": "key",
        "engine_headers": "headers",
    }
    settings = load(tmp_path, {}, {FIELDS[name].env: value for name, value in given.items()})
    assert dataclasses.replace(settings, sources={}) == Settings(
        engine="replay:there",
        style="google",
        sections="always",
        examples="never",
        private=True,
        tests=True,
        improve=True,
        jobs=7,
        deadline=2.5,
        include=("src/**", "lib/**"),
        exclude=("x",),
        max_file_bytes=10,
        line_length=100,
        limit=0,
        sandbox=False,
        python=Path("venv"),
        findings=(Path("a.sarif"), Path("b.json")),
        junit=(Path("report.xml"),),
        recheck=("lint: lint {path}",),
        doctests=False,
        test_commands=("ruby: ruby {path}",),
        prompts=Path("p"),
        confidence=0.25,
        cache=False,
        record=Path("r"),
        egress_log=Path("log"),
        engine_ca=Path("ca"),
        engine_cert=Path("cert"),
        engine_key=Path("key"),
        engine_headers=Path("headers"),
    )
    assert "default" not in settings.sources.values()


def test_paths_in_a_file_start_at_the_root_and_others_where_the_user_stands(tmp_path: Path) -> None:
    write(tmp_path, ".codebot.toml", 'engine = "replay:model"\nprompts = "prompts"\n')
    settings = load(tmp_path, {"record": Path("here")}, {})
    assert settings.engine == f"replay:{tmp_path / 'model'}"
    assert settings.prompts == tmp_path / "prompts"
    assert settings.record == Path("here")


def test_empty_flags_and_variables_count_as_not_given(tmp_path: Path) -> None:
    assert load(tmp_path, {"include": (), "jobs": None}, {"CODEBOT_JOBS": ""}) == Settings()


def test_the_table_and_the_settings_speak_of_the_same_things(tmp_path: Path) -> None:
    """Every example of the table loads, and no setting lacks a row."""
    assert [f.name for f in dataclasses.fields(Settings)] == [*FIELDS, "sources", "untrusted"]
    for row in FIELDS.values():
        settings = load(write(tmp_path, ".codebot.toml", row.example), {}, {})
        assert (settings.sources[row.name] == ".codebot.toml") != (row.name in settings.untrusted)
        assert row.default == getattr(Settings(), row.name)
        assert row.help.endswith(".")
