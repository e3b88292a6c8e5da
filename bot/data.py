"""The one value that grows: Change -> Chunk -> Prompt -> Completion -> Suggestion -> outcome.

Every class is frozen and holds its predecessor, so that anything shown can be traced back to the bytes,
the prompt and the engine it came from. Offsets are bytes into `Change.source`; lines are 1-based and
inclusive. Nothing here does I/O or knows an outside library.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Union

Task = Literal["docstring", "test", "fix"]


@dataclass(frozen=True, slots=True)
class LineRange:
    """Lines `start` to `end`, 1-based and inclusive."""

    start: int
    end: int

    def touches(self, start: int, end: int) -> bool:
        """Whether this range shares a line with `start`..`end`."""
        return self.start <= end and start <= self.end


@dataclass(frozen=True, slots=True)
class Change:
    """One file as it was read, with the lines that changed in it.

    `raw` is the file's own bytes; `source` is its text in UTF-8 without a byte-order mark, which all
    offsets refer to (equal to `raw` for plain UTF-8). Line endings are kept as they are.
    """

    path: str  # POSIX, relative to the repository's root; undecodable names by surrogateescape
    raw: bytes
    source: bytes
    encoding: str = "utf-8"  # codec that turns `source`'s text back into `raw`
    newline: str = "\n"  # the file's dominant line ending
    ranges: tuple[LineRange, ...] | None = None  # changed lines of the new side; None: all of it
    blob: str = ""  # content hash: git's blob id of `raw`
    mode: int = 0o100644
    origin: str = "worktree"  # "worktree", "index" or a commit id
    old_path: str | None = None  # before a rename

    def touched(self, start: int, end: int) -> bool:
        """Whether any changed line lies in `start`..`end`."""
        return self.ranges is None or any(r.touches(start, end) for r in self.ranges)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a signature as the syntax tree has it."""

    name: str  # as it is called: no stars, sigils kept where the language documents them
    annotation: str | None = None
    default: str | None = None
    kind: Literal["positional-only", "normal", "variadic", "keyword-only", "keywords", "type"] = "normal"


@dataclass(frozen=True, slots=True)
class Symbol:
    """A named definition: where it lies and what its signature says. Offsets are bytes into the source."""

    name: str
    qualname: str  # dotted from the module's top: "Class.method"
    kind: Literal["module", "class", "function", "method"]
    start: int  # first byte, decorators and attributes included
    end: int
    header: int  # first byte of `def`/`class`/… itself, after decorators
    body: int  # first byte of the body (after the colon or at the brace); `end` when there is none
    start_line: int
    end_line: int
    header_line: int
    body_line: int  # line of the body's first statement or brace
    indent: str = ""  # white space in front of the header
    body_indent: str = ""  # white space in front of the body's first statement
    doc: tuple[int, int] | None = None  # span of the doc comment it has
    parameters: tuple[Parameter, ...] = ()
    returns: str | None = None  # return annotation
    decorators: tuple[str, ...] = ()
    parent: str | None = None  # qualname of the enclosing class or function
    public: bool = True
    nested: bool = False  # defined inside a function
    ordinal: int = 0  # how many earlier symbols of the file have the same qualname
    broken: bool = False  # its syntax tree holds an error


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of bytes of one file; the chunks of a file cover it exactly once, in order.

    A symbol that fits the budget is one chunk. A class is a "class" chunk (its header and what lies
    before the first member) followed by one chunk a member. A larger symbol is `parts` chunks, of which
    the first holds the signature.
    """

    change: Change
    language: str  # row of `bot.languages.LANGUAGES`, or "text"
    kind: Literal["module", "class", "function", "block", "error"]
    start: int
    end: int
    start_line: int
    end_line: int
    symbol: Symbol | None = None
    part: int = 0
    parts: int = 1

    @property
    def text(self) -> str:
        """The chunk's own text."""
        return self.change.source[self.start : self.end].decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of linked context: the signature of what a chunk uses, who uses it, or an example."""

    kind: Literal["uses", "used-by", "class", "sibling", "example", "recent"]
    path: str
    symbol: str
    text: str
    score: float = 0.0  # higher is more useful
    answer: str = ""  # "sibling": the docstring's first line that `text` has


@dataclass(frozen=True, slots=True)
class Context:
    """Ranked snippets: what the prompt had room for, and what was cut."""

    included: tuple[Snippet, ...] = ()
    cut: tuple[Snippet, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """Exactly what an engine is asked. `text` spells the special tokens; user text in it cannot."""

    chunk: Chunk
    task: str
    purpose: str  # "summary", "param:NAME", "returns", …
    text: str
    form: Literal["fim", "chat"]
    tokens: int  # true tokens of `text` in the engine's tokenizer
    max_tokens: int  # of the answer
    stop: tuple[str, ...] = ()  # matched on text, client-side
    baseline: str = ""  # the same prompt without the body, for scoring; "" when there is none
    context: Context = field(default_factory=Context)
    wording: str = ""  # name and hash of the prompt wording, part of the cache key


@dataclass(frozen=True, slots=True)
class Completion:
    """An engine's answer, cut at the first stop sequence."""

    prompt: Prompt
    text: str
    finish: Literal["stop", "length"]
    prompt_tokens: int
    completion_tokens: int
    seconds: float  # wall time that this answer took of the engine
    logprobs: tuple[float, ...] | None = None  # natural log, one a generated token
    cached: bool = False

    @property
    def mean_logprob(self) -> float | None:
        """Mean natural-log probability a token, or None where the engine gives none."""
        return sum(self.logprobs) / len(self.logprobs) if self.logprobs else None


@dataclass(frozen=True, slots=True)
class Failed:
    """The engine, or a check, broke on this chunk."""

    chunk: Chunk
    reason: str  # key of FAILURES
    detail: str = ""
    prompt: Prompt | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or chunk that was not asked about, and why."""

    path: str
    reason: str  # key of SKIPS
    detail: str = ""
    chunk: Chunk | None = None  # None: the file as a whole


@dataclass(frozen=True, slots=True)
class Evidence:
    """One check that ran on a suggestion and could have failed."""

    check: str
    passed: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An edit on real lines: `replacement` takes the place of lines `start_line`..`end_line`.

    An insertion re-emits its anchor line. `replacement` has the file's own line endings, and ends with
    one exactly when the replaced lines do.
    """

    id: str  # stable across runs and line shifts
    task: Task
    chunk: Chunk  # of the file it edits
    start_line: int
    end_line: int
    replacement: str
    message: str  # one line for people
    completions: tuple[Completion, ...] = ()
    new_file: bool = False  # the file is not there yet; `replacement` is all of it
    covers: tuple[
        Chunk, ...
    ] = ()  # what it is about, where that is not `chunk`: the functions a test file tests

    @property
    def path(self) -> str:
        """The file it edits."""
        return self.chunk.change.path

    @property
    def settles(self) -> tuple[Chunk, ...]:
        """The chunks that end with this suggestion on the ledger."""
        return self.covers or (self.chunk,)

    @property
    def subject(self) -> Chunk:
        """The chunk it is named after."""
        return self.settles[0]


@dataclass(frozen=True, slots=True)
class Verified:
    """A suggestion every check passed on."""

    suggestion: Suggestion
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Hint:
    """What a finding says where no fix of it was proven: no edit. Its words are a tool's, not ours."""

    id: str  # stable across runs and line shifts
    tool: str
    rule: str  # "" where the tool has no rules
    message: str  # what the tool reports
    start_line: int  # the lines to look at
    end_line: int
    cause: str = ""  # why it matters, in a sentence
    url: str = ""  # where the rule is explained
    offer: str = ""  # what the tool offers to do, where that was not proven

    @property
    def label(self) -> str:
        """The tool and its rule, for people."""
        return f"{self.tool} {self.rule}".rstrip()


@dataclass(frozen=True, slots=True)
class Rejected:
    """A suggestion that failed a check, or an answer no suggestion could be made of."""

    chunk: Chunk
    reason: str  # key of REJECTIONS
    detail: str = ""
    completions: tuple[Completion, ...] = ()
    suggestion: Suggestion | None = None
    evidence: tuple[Evidence, ...] = ()
    settles: tuple[Chunk, ...] = ()  # the chunks that end with it, where `chunk` is not the only one
    hint: Hint | None = None  # the finding it leaves


Outcome = Union[Verified, Rejected, Skipped, Failed]
