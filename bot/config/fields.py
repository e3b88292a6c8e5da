"""The table of settings: name, type, default, help and the variable that sets each.

Flags, `codebot doctor` and the manual can be made from `FIELDS`; `bot.config` fills `Settings` through it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bot.config import readers
from bot.config.readers import Confidence, Reader, Unfit

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FIELDS", "HERE", "TASKS", "Confidence", "Field", "Settings", "Unfit"]

TASKS = ("docstrings", "fixes", "tests")
HERE = Path()  # what relative paths from flags and the environment start from


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, checked and typed. `sources` says where each value came from, in words."""

    engine: str = "embedded:"
    tasks: tuple[str, ...] = ("docstrings",)
    style: str = "auto"
    sections: str = "auto"
    examples: str = "auto"
    private: bool = False
    tests: bool = False
    improve: bool = False
    jobs: int | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_file_bytes: int = 1_048_576
    line_length: int = 88
    limit: int | None = None
    deadline: float = 10.0
    sandbox: bool = True
    python: Path | None = None
    findings: tuple[Path, ...] = ()
    junit: tuple[Path, ...] = ()
    recheck: tuple[str, ...] = ()
    doctests: bool = True
    test_commands: tuple[str, ...] = ()
    prompts: Path | None = None
    confidence: Confidence = "calibrated"
    cache: bool = True
    record: Path | None = None
    egress_log: Path | None = None
    engine_ca: Path | None = None
    engine_cert: Path | None = None
    engine_key: Path | None = None
    engine_headers: Path | None = None
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)
    untrusted: Mapping[str, object] = field(default_factory=dict, compare=False)  # asked for, not heeded


@dataclass(frozen=True, slots=True)
class Field:
    """One setting: `read` types a value from TOML, the environment or a flag."""

    name: str
    read: Reader
    expects: str  # in words: "… must be <expects>"
    example: str  # as TOML
    help: str
    choices: tuple[str, ...] = ()

    @property
    def env(self) -> str:
        """The environment variable that sets it."""
        return f"CODEBOT_{self.name.upper()}"

    @property
    def flag(self) -> str:
        """The command-line flag that sets it."""
        return "--" + self.name.replace("_", "-")

    @property
    def default(self) -> object:
        """Its value when nothing sets it."""
        return getattr(Settings(), self.name)


STYLES = ("auto", "google", "numpy", "sphinx")
SECTIONS = ("auto", "always", "never")
BOOLEAN = "true or false"


def _file(name: str, example: str, text: str) -> Field:
    return Field(name, readers.path, "a file", f'{name} = "{example}"', text)


FIELDS: Mapping[str, Field] = {
    row.name: row
    for row in (
        Field(
            "engine",
            readers.engine,
            "an engine's URL",
            'engine = "embedded:"',
            "The engine to ask: embedded:, embedded:DIR, replay:DIR, triton+grpc://HOST/MODEL, "
            "openai+http://HOST/v1?model=NAME.",
        ),
        Field(
            "tasks",
            readers.some_of(*TASKS),
            f"a list of {', '.join(TASKS)}",
            'tasks = ["docstrings"]',
            "What to suggest.",
            TASKS,
        ),
        Field(
            "style",
            readers.one_of(*STYLES),
            f"one of {', '.join(STYLES)}",
            'style = "google"',
            "Docstring convention; auto takes the one the repository uses.",
            STYLES,
        ),
        Field(
            "sections",
            readers.one_of(*SECTIONS),
            f"one of {', '.join(SECTIONS)}",
            'sections = "never"',
            "Whether docstrings describe parameters and results; auto does as the repository does.",
            SECTIONS,
        ),
        Field(
            "examples",
            readers.one_of(*SECTIONS),
            f"one of {', '.join(SECTIONS)}",
            'examples = "never"',
            "Whether examples are asked for, to be run; auto does as the repository does.",
            SECTIONS,
        ),
        Field("private", readers.flag, BOOLEAN, "private = true", "Include private and nested definitions."),
        Field("tests", readers.flag, BOOLEAN, "tests = true", "Include test code."),
        Field(
            "improve",
            readers.flag,
            BOOLEAN,
            "improve = true",
            "Also rewrite docstrings that contradict their signature.",
        ),
        Field(
            "jobs",
            readers.whole(1),
            "a whole number, at least 1",
            "jobs = 2",
            "Threads to use; every core by default.",
        ),
        Field(
            "include",
            readers.strings,
            "a list of patterns",
            'include = ["src/**"]',
            "Only files that match one of these gitignore-style patterns.",
        ),
        Field(
            "exclude",
            readers.strings,
            "a list of patterns",
            'exclude = ["docs/**"]',
            "No file that matches one of these gitignore-style patterns.",
        ),
        Field(
            "max_file_bytes",
            readers.whole(1),
            "a whole number of bytes, at least 1",
            "max_file_bytes = 1048576",
            "Larger files are skipped.",
        ),
        Field(
            "line_length",
            readers.whole(20),
            "a whole number of columns, at least 20",
            "line_length = 88",
            "Where docstrings wrap, in columns.",
        ),
        Field(
            "limit",
            readers.whole(0),
            "a whole number",
            "limit = 100",
            "Ask about this many targets at most, in a stable order.",
        ),
        Field(
            "deadline",
            readers.seconds,
            "a number of seconds above 0",
            "deadline = 10",
            "Seconds that a Git hook may take; what is left is asked in the background, for next time.",
        ),
        Field(
            "sandbox",
            readers.flag,
            BOOLEAN,
            "sandbox = true",
            "Run tests, the project's and a model's, only where they can reach and break nothing.",
        ),
        Field(
            "python",
            readers.path,
            "an interpreter or a virtual environment",
            'python = ".venv"',
            "What the project's tests run with; by default the active environment, or the repository's.",
        ),
        Field(
            "findings",
            readers.paths,
            "a list of files",
            'findings = ["eslint.json"]',
            "Reports of linters whose findings are to be fixed: SARIF 2.1.0, ruff's or ESLint's JSON.",
        ),
        Field(
            "junit",
            readers.paths,
            "a list of files",
            'junit = ["report.xml"]',
            "JUnit XML of failing tests that are to be fixed.",
        ),
        Field(
            "recheck",
            readers.strings,
            'a list of "TOOL: COMMAND {path}"',
            'recheck = ["eslint: npx eslint -f json {path}"]',
            "How to run a linter other than ruff on one file, in the sandbox; it writes SARIF or JSON.",
        ),
        Field(
            "doctests",
            readers.flag,
            BOOLEAN,
            "doctests = false",
            "Run the examples in docstrings, in the sandbox; one that fails is a finding to fix.",
        ),
        Field(
            "test_commands",
            readers.strings,
            'a list of "LANGUAGE: COMMAND {path}"',
            'test_commands = ["go: go vet {directory} && go test {directory}"]',
            "How to run one test file of a language, in the sandbox; what stands before && builds it.",
        ),
        Field(
            "prompts",
            readers.path,
            "a folder",
            'prompts = "prompts"',
            "Folder of prompt wordings that replace the ones codebot brings.",
        ),
        Field(
            "confidence",
            readers.confidence,
            '"calibrated", "off" or a number from 0 to 1',
            "confidence = 0.7",
            "Show only what the model is this sure of.",
        ),
        Field("cache", readers.flag, BOOLEAN, "cache = false", "Keep answers for the next run."),
        Field(
            "record",
            readers.path,
            "a folder",
            'record = "recordings"',
            "Write every answer here, for replay:DIR.",
        ),
        _file("egress_log", "egress.jsonl", "Append a line for every request that leaves for a server."),
        _file("engine_ca", "ca.pem", "PEM certificates by which an engine's server is trusted."),
        _file("engine_cert", "client.pem", "PEM certificate to show to an engine's server."),
        _file("engine_key", "client.key", "PEM key of engine_cert."),
        _file("engine_headers", "headers.txt", '"Name: value" lines to send to an engine\'s server.'),
    )
}
