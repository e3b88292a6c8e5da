"""A model's folder: what its files say of the model.

The weights, one file or several parts of one, are read to hash them and to put the parts together.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from bot.engines.tokenizer import FileTokenizer
from bot.errors import EngineError
from bot.ports import EngineInfo, Prompting

if TYPE_CHECKING:
    from bot.engines.cached import Store

__all__ = ["EMBEDDED", "ModelFolder", "embedded_folder", "trained_for"]

EMBEDDED = Path("model_repository", "embedded", "1")
_SANE = 131_072  # `model_max_length` is about 1e30 where nobody set it
_UNKNOWN = 2_048  # a window that any of today's models has
_WEIGHTS = "model.bin"
_PART = re.compile(r"model\.bin\.part([1-9][0-9]*)")
_SETTINGS = {"model", "window", "wording", "fim_limits", "languages", "tasks", "doubt"}


def embedded_folder() -> Path:
    """Return where the packaged model lies: in the installed package, or in the source tree beside it.

    Raises:
        EngineError: It is in neither place.
    """
    package = Path(__file__).resolve().parents[1]
    for root in (package, package.parent):
        if (root / EMBEDDED / "config.json").is_file():
            return root / EMBEDDED
    hint = "install codebot again, or name a model folder: --engine embedded:DIR"
    raise EngineError("the embedded model is not part of this installation", hint=hint)


def trained_for(folder: Path) -> tuple[str, ...]:
    """Return the tasks beside docstrings that a model folder says its model was trained for.

    Raises:
        EngineError: Its `codebot.json` cannot be read, or says something else.
    """
    tasks = _json(folder / "codebot.json").get("tasks", [])
    if not isinstance(tasks, list) or not all(isinstance(each, str) for each in tasks):
        raise EngineError(f"{folder / 'codebot.json'}: tasks is no list of names: {tasks!r}")
    return tuple(tasks)


class ModelFolder:
    """A folder that CTranslate2's converters wrote, with the model's `tokenizer.json` beside the weights.

    The weights are `model.bin`, or `model.bin.part1`, `model.bin.part2` and so on, its bytes in order.

    A `codebot.json` may say what no other file does: the name, the window, the prompt wording, FIM limits,
    the languages the model speaks, the `tasks` beside docstrings that it was trained for, and `doubt`, the
    token with which it ends an answer that it doubts.
    `window` and `form` override what the files say.
    """

    def __init__(
        self,
        path: Path,
        *,
        url: str,
        window: int | None = None,
        form: Literal["fim", "chat"] | None = None,
        store: Store | None = None,
    ) -> None:
        self.path = path
        self._url, self._window, self._form, self._store = url, window, form, store
        if not path.is_dir():
            raise EngineError(f"no model folder at {path}", hint="give the folder that holds model.bin")
        self.weights = _weights(path)
        for name in (_WEIGHTS, "config.json", "tokenizer.json"):
            if not (path / name).is_file() and not (name == _WEIGHTS and self.weights):
                what = "the converter's --copy_files option copies it" if name == "tokenizer.json" else ""
                hint = what or "convert the model: ct2-transformers-converter --model NAME --output_dir DIR"
                raise EngineError(f"{path} holds no {name}", hint=hint)

    @cached_property
    def tokenizer(self) -> FileTokenizer:
        """The model's own tokenizer."""
        return FileTokenizer(self.path / "tokenizer.json")

    @cached_property
    def info(self) -> EngineInfo:
        """What the files say of the model."""
        config = self._json("tokenizer_config.json")
        own = self._json("codebot.json")
        if unknown := set(own) - _SETTINGS:
            raise EngineError(f"{self.path / 'codebot.json'}: unknown key {', '.join(sorted(unknown))}")
        template = _template(config, self.path)
        family = self.tokenizer.family
        if self._form == "chat" and not template:
            raise EngineError(f"{self.path} has no chat template", hint="leave out form=chat")
        chat = bool(template) and self._form != "fim"
        if self._form == "fim" and not family.fim:
            hint = "leave out form=fim"
            raise EngineError(f"the tokenizer of {self.path} has no fill-in-the-middle tokens", hint=hint)
        languages, limits = own.get("languages"), own.get("fim_limits")
        return EngineInfo(
            url=self._url,
            model=str(own.get("model") or self.path.resolve().name),
            build=self._build(),
            family=family.name,
            window=self._window or int(own.get("window") or _window(config, family.window)),
            chat=chat,
            languages=frozenset(languages) if languages else None,
            logprobs=True,
            prompting=Prompting(
                wording=str(own.get("wording", "")),
                fim_limits=(int(limits[0]), int(limits[1])) if limits else None,
                tasks=trained_for(self.path),
                specials=self.tokenizer.specials,
                chat_template=template if chat else "",
                bos=_spelling(config.get("bos_token")),
                eos=_spelling(config.get("eos_token")),
            ),
        )

    @cached_property
    def end(self) -> str:
        """The token that ends an answer."""
        return str(self._json("config.json").get("eos_token") or self.tokenizer.family.eos)

    @cached_property
    def doubt(self) -> str:
        """The token that ends an answer in the place of `end` where the model doubts it; "": there is none.

        Raises:
            EngineError: What is named there is no token of the tokenizer, or is the end token.
        """
        named = str(self._json("codebot.json").get("doubt") or "")
        where = f"{self.path / 'codebot.json'}: doubt is {named!r}"
        if named and named not in self.tokenizer.vocabulary():
            raise EngineError(f"{where}, which is no token", hint="spell one token as tokenizer.json does")
        if named and named == self.end:
            raise EngineError(f"{where}, which ends every answer", hint="name another token")
        return named

    def assembled(self) -> dict[str, bytes] | None:
        """Return the files that make the model by name, None where they can be read as they lie.

        Raises:
            EngineError: A part cannot be read.
        """
        if self.weights == [self.path / _WEIGHTS]:
            return None
        small = ("config.json", "vocabulary.json", "vocabulary.txt")
        try:
            found = {n: (self.path / n).read_bytes() for n in small if (self.path / n).is_file()}
            return {**found, _WEIGHTS: b"".join(part.read_bytes() for part in self.weights)}
        except OSError as error:
            raise EngineError(f"{self.path} cannot be read: {error}") from error

    def check_vocabulary(self) -> None:
        """Check that the tokenizer is this model's, and that it has the token of doubt.

        Raises:
            EngineError: The model has no such token, or has it at another place.
        """
        _ = self.doubt
        names = [n for n in ("vocabulary.json", "vocabulary.txt") if (self.path / n).is_file()]
        if not names:
            raise EngineError(f"{self.path} holds no vocabulary.json", hint="convert the model again")
        text = (self.path / names[0]).read_text("utf-8")
        words: list[str] = json.loads(text) if names[0].endswith("json") else text.split("\n")
        for token, at in self.tokenizer.vocabulary().items():
            if at >= len(words) or words[at] != token:
                has = repr(words[at]) if at < len(words) else "nothing"
                raise EngineError(
                    f"{self.path}: tokenizer.json is not this model's: {at} is {token!r} there, {has} here",
                    hint="copy the tokenizer.json of the very model that was converted",
                )

    def _json(self, name: str) -> dict[str, Any]:
        return _json(self.path / name)

    def _build(self) -> str:
        """Return the hash of everything that answers depend on; the weights' own is remembered."""
        stats = [(file.resolve(), file.stat()) for file in self.weights]
        key = "|".join(f"{file}|{stat.st_size}|{stat.st_mtime_ns}" for file, stat in stats)
        known = self._store.get("build", key) if self._store else None
        weights = str(known["sha256"]) if known else _sha256(self.weights)
        if self._store and not known:
            self._store.put("build", key, {"sha256": weights})
        whole = f"{weights}|{self.tokenizer.sha256}|{(self.path / 'config.json').read_text('utf-8')}"
        if doubt := self._json("codebot.json").get("doubt"):  # the same weights then end answers elsewhere
            whole += f"|{doubt}"
        return f"sha256:{hashlib.sha256(whole.encode()).hexdigest()}"


def _json(file: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise EngineError(f"{file} cannot be read: {error}") from error
    return found


def _weights(path: Path) -> list[Path]:
    """Return the file of weights or its parts in order, none where there is neither.

    Raises:
        EngineError: A part is missing, or there are both.
    """
    numbered = {int(m[1]): p for p in path.iterdir() if (m := _PART.fullmatch(p.name))}
    whole = [path / _WEIGHTS] if (path / _WEIGHTS).is_file() else []
    if whole and numbered:
        raise EngineError(f"{path} holds {_WEIGHTS} and parts of one", hint="remove what is out of date")
    if gaps := sorted(set(range(1, len(numbered) + 1)) - set(numbered)):
        raise EngineError(f"{path} holds no {_WEIGHTS}.part{gaps[0]}", hint="copy the whole folder again")
    return whole or [numbered[n] for n in sorted(numbered)]


def _sha256(files: list[Path]) -> str:
    """Return the hash of what the files hold together: the same however a model is cut."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _window(config: dict[str, Any], family: int) -> int:
    length = config.get("model_max_length")
    if isinstance(length, (int, float)) and 0 < length <= _SANE:
        return int(length)
    return family or _UNKNOWN


def _spelling(token: object) -> str:
    """Return a special token's text; older files wrap it in a table."""
    return str(token.get("content", "")) if isinstance(token, dict) else str(token or "")


def _template(config: dict[str, Any], path: Path) -> str:
    template = config.get("chat_template")
    if isinstance(template, list):  # several, by name
        template = next((t.get("template") for t in template if t.get("name") == "default"), None)
    if not template and (path / "chat_template.jinja").is_file():  # where transformers 5 writes it
        template = (path / "chat_template.jinja").read_text("utf-8")
    return str(template or "")
