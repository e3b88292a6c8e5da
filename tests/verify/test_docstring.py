"""What `verify` promises of any suggestion: one outcome each, in order, with the evidence."""

from __future__ import annotations

import ast
import textwrap
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.data import Failed, Rejected, Suggestion, Verified
from bot.verify.confidence import NO_GATE
from bot.verify.docstring import Proof, verify
from tests.verify.build import chunk_of, document, suggestion

CODE = textwrap.dedent(
    '''
    import os

    class Folder:
        """A folder."""

        def sizes(self, suffix, *names, deep=False, **options):  # bytes
            # skip what is gone
            found = [os.path.getsize(name + suffix) for name in names if os.path.exists(name)]
            return found if deep else found[:1]

    def one(path): return os.path.getsize(path)
    '''
).lstrip("\n")
SUMMARY = "Return how many bytes existing files have."


def proof(one: Suggestion, convention: str = "google") -> Proof:
    return verify([one], scorer=None, gate=NO_GATE, convention=convention)[0]


def reason(one: Suggestion, convention: str = "google") -> str:
    outcome = proof(one, convention)
    return outcome.reason if isinstance(outcome, (Rejected, Failed)) else "verified"


def test_every_check_leaves_evidence_in_order() -> None:
    outcome = proof(document(CODE, SUMMARY, "Folder.sizes"))
    assert isinstance(outcome, Verified)
    assert [one.check for one in outcome.evidence] == [
        "parses",
        "tree-unchanged",
        "safe-text",
        "signature",
        "raises",
        "returns",
        "examples",
        "text",
        "grounding",
        "contradiction",
        "worth",
        "convention",
        "confidence",
    ]


def test_outcomes_come_in_the_order_of_the_suggestions() -> None:
    docs = [SUMMARY, "Ask `Zebra` for files.", SUMMARY, "Return sizes, sizes, sizes, sizes."]
    made = [document(CODE, doc, "Folder.sizes") for doc in docs]
    outcomes = verify(made, scorer=None, gate=NO_GATE, convention="google")
    assert [type(one) for one in outcomes] == [Verified, Rejected, Verified, Rejected]
    assert [one.suggestion for one in outcomes if not isinstance(one, Failed)] == made


def test_no_suggestions_give_no_outcomes() -> None:
    assert verify([], scorer=None, gate=NO_GATE, convention="numpy") == []


@pytest.mark.parametrize(
    ("replacement", "expected"),
    [
        ('            """Return bytes of files."""\n        found = []\n', "does-not-parse"),
        ('        """Return bytes of files.\n        # skip what is gone\n', "does-not-parse"),
        ('        """Return bytes \\d of files."""\n        # skip what is gone\n', "does-not-parse"),
        ('        """Return bytes of files."""\n', "tree-changed"),
        ('        """Return bytes of files."""\n        # skip what was gone\n', "tree-changed"),
        ('        """Return bytes of files."""\n        # skip what is gone\n        pass\n', "tree-changed"),
        ('        """Return bytes of files."""; print()\n        # skip what is gone\n', "tree-changed"),
        ('        f"""Return bytes of files."""\n        # skip what is gone\n', "tree-changed"),
        ("        # Return bytes of files.\n        # skip what is gone\n", "tree-changed"),
    ],
)
def test_anything_but_one_more_docstring_is_rejected(replacement: str, expected: str) -> None:
    chunk = chunk_of(CODE, "Folder.sizes")
    assert reason(suggestion(chunk, 7, 7, replacement)) == expected


def test_a_docstring_of_another_symbol_is_not_this_ones() -> None:
    chunk = chunk_of(CODE, "Folder.sizes")
    line = '"""Return how large a file is."""'
    edit = suggestion(chunk, 11, 11, f"def one(path):\n    {line}\n    return os.path.getsize(path)\n")
    assert reason(edit) == "tree-changed"


def test_a_body_on_the_headers_line_may_move_below_its_docstring() -> None:
    edit = suggestion(
        chunk_of(CODE, "one"),
        11,
        11,
        (
            'def one(path):\n    """Ask the file system how large a file is."""\n'
            "    return os.path.getsize(path)\n"
        ),
    )
    assert reason(edit) == "verified"


def test_an_existing_docstring_can_be_replaced_but_not_by_itself() -> None:
    chunk = chunk_of(CODE, "Folder")
    assert reason(suggestion(chunk, 4, 4, '    """What lies on disk, with sizes."""\n')) == "verified"
    assert reason(suggestion(chunk, 4, 4, '    """A folder."""\n')) == "tree-changed"


def test_a_module_can_be_documented() -> None:
    edit = suggestion(chunk_of(CODE, ""), 1, 1, '"""Tell how large files are."""\n\nimport os\n')
    assert reason(edit) == "verified"


@pytest.mark.parametrize("newline", ["\r\n", "\n"])
def test_line_endings_and_a_missing_last_one_make_no_difference(newline: str) -> None:
    code = "def total(rows):\n    return sum(row.price for row in rows)".replace("\n", newline)
    anchor = "    return sum(row.price for row in rows)"
    edit = suggestion(chunk_of(code, "total"), 2, 2, f'    """Add up what rows cost."""{newline}{anchor}')
    assert reason(edit) == "verified"


def test_a_crash_on_one_suggestion_is_a_value_and_spares_the_others() -> None:
    good = document(CODE, SUMMARY, "Folder.sizes")
    broken = replace(good, start_line=4000, end_line=4000)
    outcomes = verify([good, broken, good], scorer=None, gate=NO_GATE, convention="google")
    assert [type(one) for one in outcomes] == [Verified, Failed, Verified]
    assert isinstance(outcomes[1], Failed)
    assert outcomes[1].reason == "verifier"
    assert "4000" in outcomes[1].detail


def test_all_names_or_none_are_documented_and_stars_may_be_written() -> None:
    full = SUMMARY + (
        "\n\nArgs:\n    suffix: End of names.\n    *names: Which.\n"
        "    deep: All of them.\n    **options: Unused.\n\nReturns:\n    Sizes."
    )
    assert reason(document(CODE, full, "Folder.sizes")) == "verified"
    assert (
        reason(document(CODE, full.replace("    deep: All of them.\n", ""), "Folder.sizes"))
        == "signature-mismatch"
    )
    assert reason(document(CODE, full.replace("deep:", "depth:"), "Folder.sizes")) == "signature-mismatch"


@pytest.mark.parametrize(
    ("convention", "doc"),
    [
        (
            "google",
            (
                "Split a number.\n\nArgs:\n    number: What to split.\n\nReturns:\n"
                "    Both parts.\n\nRaises:\n    ValueError: If negative."
            ),
        ),
        (
            "numpy",
            (
                "Split a number.\n\nParameters\n----------\nnumber\n    What to split.\n\n"
                "Returns\n-------\ntuple\n    Both parts.\n\nRaises\n------\nValueError\n"
                "    If negative."
            ),
        ),
        (
            "sphinx",
            (
                "Split a number.\n\n:param number: What to split.\n:return: Both parts.\n"
                ":raises ValueError: If negative."
            ),
        ),
    ],
)
def test_sections_are_read_in_each_convention(convention: str, doc: str) -> None:
    code = (
        "def halves(number):\n    if number < 0:\n        raise ValueError(number)\n"
        "    return divmod(number, 2)\n"
    )
    assert reason(document(code, doc), convention) == "verified"
    assert (
        reason(document(code, doc.replace("number\n", "digit\n").replace("number:", "digit:")), convention)
        == "signature-mismatch"
    )
    assert reason(document(code, doc.replace("ValueError", "KeyError")), convention) == "raises-mismatch"


def test_what_a_re_raise_lets_through_is_advisory() -> None:
    code = (
        "def load(path):\n    try:\n        return path.open()\n"
        "    except OSError as error:\n        raise error\n"
    )
    doc = (
        "Open a file.\n\nArgs:\n    path: Which.\n\nReturns:\n    The file.\n\nRaises:\n"
        "    OSError: If it cannot."
    )
    outcome = proof(document(code, doc))
    assert isinstance(outcome, Verified), outcome.detail
    assert "advisory" in next(one.detail for one in outcome.evidence if one.check == "raises")


def test_linked_context_gives_ground() -> None:
    doc = "Return how many bytes a `Volume` takes for files."
    assert reason(document(CODE, doc, "Folder.sizes")) == "ungrounded"
    assert reason(document(CODE, doc, "Folder.sizes", snippets=("class Volume:",))) == "verified"


def test_code_of_other_functions_gives_no_ground() -> None:
    code = CODE + "\ndef other():\n    return LdapDirectory().search()\n"
    assert reason(document(code, "Ask the LdapDirectory for sizes.", "Folder.sizes")) == "ungrounded"


def test_rules_the_house_does_not_keep_can_be_left_out() -> None:
    edit = document(CODE, SUMMARY.rstrip("."), "Folder.sizes")
    assert reason(edit) == "convention"
    outcome = verify([edit], scorer=None, gate=NO_GATE, convention="google", ignore=("D400", "D415"))[0]
    assert isinstance(outcome, Verified)


def test_old_violations_around_the_symbol_do_not_count() -> None:
    code = (
        'class A:\n    """bad one"""\n    def f(self):\n        """worse"""\n'
        "    def g(self):\n        return self.size * 2\n"
    )
    assert reason(document(code, "Double the size.", "A.g")) == "verified"


def test_python_that_ast_cannot_read_is_proven_by_its_grammar() -> None:
    code = 'def show(rows):\n    print "rows", len(rows)\n    return rows\n'
    good = '    """Print how many there are, and hand them on."""\n    print "rows", len(rows)\n'
    assert reason(suggestion(chunk_of(code, "show"), 2, 2, good)) == "verified"
    bad = good.replace("len(rows)", "len(row)")
    assert reason(suggestion(chunk_of(code, "show"), 2, 2, bad)) == "tree-changed"


GO = "package area\n\nfunc Scale(width int, height int) int {\n\treturn width * height\n}\n"


@pytest.mark.parametrize(
    ("replacement", "expected"),
    [
        ("// Scale multiplies both sides.\nfunc Scale(width int, height int) int {\n", "verified"),
        (
            "// Scale asks the `Planner` for both sides.\nfunc Scale(width int, height int) int {\n",
            "ungrounded",
        ),
        ("// Scale multiplies both sides.\nfunc Scale(width int, depth int) int {\n", "tree-changed"),
        ("// Scale multiplies both sides.\nfunc Scale(width int, height int) int {{\n", "does-not-parse"),
        (
            "// Scale multiplies the `sides` argument.\nfunc Scale(width int, height int) int {\n",
            "signature-mismatch",
        ),
        ("// Scale scale scale the both both.\nfunc Scale(width int, height int) int {\n", "degenerate"),
    ],
)
def test_other_languages_are_proven_by_their_grammar(replacement: str, expected: str) -> None:
    assert (
        reason(suggestion(chunk_of(GO, "Scale", language="go", path="area.go"), 3, 3, replacement))
        == expected
    )


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_no_text_gets_past_the_tree_or_crashes_a_check(text: str) -> None:
    """Whatever stands between the quotes, what is verified leaves the program as it was."""
    line = CODE.splitlines(keepends=True)[6]
    edit = suggestion(chunk_of(CODE, "Folder.sizes"), 7, 7, f'        """{text}"""\n{line}')
    outcome = proof(edit)
    assert not isinstance(outcome, Failed), outcome.detail
    if isinstance(outcome, Verified):
        lines = CODE.splitlines(keepends=True)
        after = ast.parse("".join([*lines[:6], edit.replacement, *lines[7:]]))
        method = after.body[1].body[1]  # type: ignore[attr-defined]
        del method.body[0]
        assert ast.dump(after) == ast.dump(ast.parse(CODE))
