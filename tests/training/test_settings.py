"""Settings, schedule and log of a training run."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

import training
from training.__main__ import main
from training.config import ConfigError, load, section
from training.corpus import Prepare
from training.journal import Journal, chart
from training.schedule import Clock, rate


def test_a_setting_of_the_command_line_goes_before_the_files(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('[prepare]\nfolder = "a"\njobs = 3\n')
    tables = load(file, ["prepare.jobs=5", "prepare.output=there"])
    assert section(tables, "prepare", Prepare) == Prepare(folder="a", jobs=5, output="there")


@pytest.mark.parametrize(
    ("change", "word"),
    [("prepare.job=5", "knows no job"), ("prepare.jobs=many", "is not a int"), ("jobs=5", "table.key=value")],
)
def test_a_setting_that_is_wrong_is_named(tmp_path: Path, change: str, word: str) -> None:
    file = tmp_path / "c.toml"
    file.write_text("")
    with pytest.raises(ConfigError, match=word):
        section(load(file, [change]), "prepare", Prepare)


def test_the_packaged_settings_are_known_to_their_steps(tmp_path: Path) -> None:
    """A step that has nothing to read says which one comes first."""
    config = Path(training.__file__).with_name("config.toml")
    run = CliRunner().invoke(main, ["pack", "--config", str(config), "--set", f"work.folder={tmp_path}"])
    assert run.exit_code == 1
    assert "the step `start` writes it" in run.output


def test_the_rate_rises_stays_and_falls_to_nothing() -> None:
    def at(progress: float, shape: str = "wsd") -> float:
        return rate(progress, warmup=0.1, decay=0.4, shape=shape)

    assert [at(p) for p in (0.05, 0.1, 0.6, 0.8, 1.0)] == pytest.approx([0.5, 1, 1, 0.5, 0])
    assert [at(p, "cosine") for p in (0.1, 0.55, 1.0)] == pytest.approx([1, 0.5, 0])
    with pytest.raises(ValueError, match="square"):
        at(0.5, "square")


def test_a_run_ends_with_its_steps_or_its_time() -> None:
    free = Clock(100, 0)
    free.look(0, 0)
    assert [free.progress(n) for n in (0, 5, 100)] == pytest.approx([0, 0.05, 1])
    timed = Clock(1000, 60)
    timed.look(0, 0)
    timed.look(10, 6)  # a tenth of the time after a hundredth of the steps
    assert timed.progress(10) == pytest.approx(0.1)
    assert timed.progress(15) == pytest.approx(0.15)  # at that pace
    timed.look(20, 60)
    assert timed.progress(20) == 1


def test_a_log_goes_on_where_its_checkpoint_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = {"progress": 0.5, "rate": 1e-3, "norm": 1.0, "tokens_per_second": 10, "mfu": 0.2, "seconds": 3}
    first = Journal(tmp_path / "log.jsonl", 0)
    for step in (1, 2, 3):
        first.add({"step": step, "loss": 3.0 - step / 10, **common})
    with (tmp_path / "log.jsonl").open("a") as stream:
        stream.write('{"step": 4, "lo')  # killed while it wrote
    again = Journal(tmp_path / "log.jsonl", 2)
    again.add({"step": 3, "progress": 1.0, "validation": {"summary": 2.5}, "best": True})
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text("utf-8").splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3]
    assert "validation: summary 2.5000  best" in capsys.readouterr().out
    assert len(ET.fromstring(chart(lines)).findall("{*}polyline")) == 2  # noqa: S314 - our own
