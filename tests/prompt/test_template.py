"""Wording files: the built-in ones, the user's, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import UsageError
from bot.prompt import template
from bot.prompt.template import check_folder, load_wording, wording_for
from tests.prompt.source import EMBEDDED_SHAPE, info_of, tokenizer_of

BUILT_IN = Path(template.__file__).parent / "wording"


def test_every_wording_that_ships_is_sound() -> None:
    check_folder(BUILT_IN)
    assert {file.stem for file in BUILT_IN.glob("*.toml")} >= {
        "docstring.fim",
        "docstring.chat",
        "docstring.plain",
    }


def test_the_variant_of_the_model_comes_before_its_family_and_that_before_the_form() -> None:
    tokenizer = tokenizer_of("embedded")
    assert wording_for("docstring", info_of(tokenizer, **EMBEDDED_SHAPE)).name == "docstring.fim"
    assert wording_for("docstring", info_of(tokenizer)).name == "docstring.starcoder"
    assert wording_for("docstring", info_of(tokenizer, chat_template="x")).name == "docstring.chat"


def test_a_users_file_takes_the_place_of_the_built_in_and_changes_the_label(tmp_path: Path) -> None:
    own = (BUILT_IN / "docstring.fim.toml").read_text("utf-8")
    (tmp_path / "docstring.fim.toml").write_text(own.replace('"{close}", "\\n"', '"{close}"'))
    info = info_of(tokenizer_of("embedded"), **EMBEDDED_SHAPE)
    ours, theirs = wording_for("docstring", info), wording_for("docstring", info, tmp_path)
    assert theirs.stop == ("{close}",)
    assert (ours.name, ours.label) != (theirs.name, theirs.label)


def test_a_comment_in_a_wording_file_does_not_change_its_hash(tmp_path: Path) -> None:
    own = (BUILT_IN / "docstring.fim.toml").read_text("utf-8")
    (tmp_path / "docstring.fim.toml").write_text("# mine\n" + own)
    assert (
        load_wording(tmp_path / "docstring.fim.toml").label
        == load_wording(BUILT_IN / "docstring.fim.toml").label
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('form = "fim"\n[inside]\nprefix = "{hed}{open}"\n', "hed"),
        ('form = "fim"\nstopp = []\n', "stopp"),
        ('form = "poem"\n', "form must be one of"),
        ("form = ", "not TOML"),
        ('form = "fim"\nstop = "x"\n', "stop is of the wrong type"),
        ('form = "fim"\n[inside]\nprefix = "{"\n', "inside"),
        ('form = "fim"\n[inside]\nprefix = "{open}"\n', "suffix"),
        ('form = "chat"\n', "ask"),
        ('form = "fim"\n[inside]\nprefix = "{head.__class__}"\nsuffix = ""\n', "head.__class__"),
    ],
)
def test_a_mistake_in_a_wording_file_is_named(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "docstring.fim.toml").write_text(text)
    with pytest.raises(UsageError, match=says):
        check_folder(tmp_path)


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a folder"):
        check_folder(tmp_path / "none")
