"""The inner model on a CPU: CTranslate2, token ids in, token ids out.

Every request is a batch of its own with one thread, and as many run side by side as there are cores: an
answer never depends on its neighbours. What cannot start yet waits here, `max_queue_size` requests at most.
"""

from __future__ import annotations

import json
import math
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import ctranslate2
from inflight import Ask, Intake, Refused, Reply, queue_limit, read, tensors_of
from reader import Reader
from tokenizers import Tokenizer

_SANE = 131_072  # `model_max_length` is about 1e30 where nobody set it
_LOWEST = -20.0  # log-probability of an end that is all but ruled out


class TritonPythonModel:
    """One model folder as CTranslate2's converters write it, with its `tokenizer.json`."""

    def initialize(self, args: dict[str, str]) -> None:
        """Load the weights; Triton reports an exception as the model's state."""
        config = json.loads(args["model_config"])
        settings = {k: v["string_value"] for k, v in config.get("parameters", {}).items()}
        self._folder = Path(settings["gpt_model_path"])
        self._exclude = settings.get("exclude_input_in_output", "false").lower() == "true"
        self._period = int(settings.get("cancellation_check_period_ms", 100)) / 1000
        jobs = int(settings.get("parallel_requests", 0)) or _cores()
        self._tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._words = _vocabulary(self._folder)
        for token, at in self._tokenizer.get_vocab(with_added_tokens=True).items():
            if at >= len(self._words) or self._words[at] != token:
                raise ValueError(
                    f"{self._folder}: tokenizer.json is not this model's: {token!r} is not at {at}"
                )
        self._end = str(_json(self._folder, "config.json").get("eos_token") or "")
        self._doubt = str(_json(self._folder, "codebot.json").get("doubt") or "")
        if self._doubt and (self._doubt not in self._words or self._doubt == self._end):
            raise ValueError(f"{self._folder}: {self._doubt!r} in codebot.json cannot tell of doubt")
        self._window = _window(self._folder)
        ctranslate2.set_log_level(40)
        self._generator = self._load(jobs)
        self._seeding = threading.Lock()
        self._intake = Intake(queue_limit(config, jobs))
        self._pool = ThreadPoolExecutor(jobs, "generate")

    def execute(self, requests: list[Any]) -> None:
        """Queue the requests; their answers go out from the pool's threads."""
        for ask, reply in self._intake.admit(requests, self.reply, self.read):
            self._pool.submit(self._serve, ask, reply)

    def read(self, request: Any) -> Ask:  # noqa: ANN401 - Triton's types exist in its stub only
        """Read a request; raises `Refused`."""
        return read(tensors_of(request), request.request_id(), exclude_input=self._exclude)

    def reply(self, request: Any) -> Reply:  # noqa: ANN401 - as above
        """Return what sends a request's answer."""
        return Reply(request, arrived=time.time_ns(), period=self._period)

    def finalize(self) -> None:
        """Stop what runs, and free the weights."""
        self._intake.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)
        del self._generator

    def _serve(self, ask: Ask, reply: Reply) -> None:
        try:
            reply.started()
            if reply.cancelled():
                reply.end()
            elif ask.score:
                self._score(ask, reply)
            else:
                self._generate(ask, reply)
        except Refused as refusal:
            reply.refuse(str(refusal))
        except Exception as error:  # noqa: BLE001 - whatever the library raises ends this request only
            reply.fail(f"{type(error).__name__}: {error}")
        finally:
            self._intake.leave(ask)

    def _generate(self, ask: Ask, reply: Reply) -> None:
        if self._window and len(ask.ids) + ask.max_tokens > self._window:
            raise Refused(f"{len(ask.ids)} + {ask.max_tokens} tokens do not fit the window of {self._window}")
        ends = {self._end, self._doubt} - {""}
        if ask.end_id is not None:
            ends.add(self._tokens([ask.end_id])[0])
        reader = Reader(self._decode, [self._decode(word) for word in ask.stop])
        finish = "length"

        def step(result: Any) -> bool:  # noqa: ANN401 - the library publishes no types
            nonlocal finish
            if result.token in ends:
                reader.log(_other(result.log_prob) if result.token == self._doubt else result.log_prob)
                finish = "stop"
            elif reader.push(result.token_id, result.log_prob):
                finish = "stop"
            elif reply.cancelled():
                finish = "cancelled"
            elif ask.streaming and (part := reader.ready()):
                reply.part(ask, *part)
            return finish != "length"

        options = {**self._options(ask), "end_token": sorted(ends), "callback": step}
        prompt = [self._tokens(ask.ids)]
        if ask.sampled and ask.seed is not None:
            self._seeded(ask.seed, prompt, options)
        else:
            self._generator.generate_batch(prompt, **options)
        if finish == "cancelled":
            reply.end()
        else:
            reply.part(ask, *reader.rest(), finish=finish)

    def _options(self, ask: Ask) -> dict[str, Any]:
        if ask.presence_penalty or ask.frequency_penalty:
            raise Refused("presence_penalty and frequency_penalty are not supported by this model")
        options: dict[str, Any] = {
            "max_length": ask.max_tokens,
            "min_length": ask.min_tokens,
            "repetition_penalty": ask.repetition_penalty,
            "include_prompt_in_result": False,
            "return_scores": True,  # without it the callback's log-probabilities are None
        }
        if ask.sampled:
            options |= {"sampling_topk": ask.top_k, "sampling_temperature": ask.temperature}
            if 0 < ask.top_p < 1:
                options["sampling_topp"] = ask.top_p
        if ask.bad:
            options["suppress_sequences"] = [self._tokens(word) for word in ask.bad]
        return options

    def _seeded(self, seed: int, prompt: list[list[str]], options: dict[str, Any]) -> None:
        """Generate with a thread of its own: CTranslate2 seeds a thread once, when it first draws."""
        with self._seeding:
            generator = self._load(1)
            ctranslate2.set_random_seed(seed % 2**32)
            generator.generate_batch(prompt, **options)

    def _score(self, ask: Ask, reply: Reply) -> None:
        tokens = [*self._tokens(ask.ids), *self._tokens(ask.score), self._end]
        if self._window and len(tokens) > self._window:
            raise Refused(f"{len(tokens)} tokens to score in a window of {self._window}")
        (result,) = self._generator.score_batch([tokens], max_input_length=0)
        reply.part(ask, ask.score, result.log_probs[len(ask.ids) - 1 :], finish="score")

    def _load(self, jobs: int) -> Any:  # noqa: ANN401 - the library publishes no types
        files = _assembled(self._folder)
        return ctranslate2.Generator(
            str(self._folder), "cpu", inter_threads=jobs, intra_threads=1, files=files
        )

    def _tokens(self, ids: list[int]) -> list[str]:
        try:
            return [self._words[i] for i in ids]
        except IndexError:
            raise Refused(f"{max(ids)} is no token of this model, which has {len(self._words)}") from None

    def _decode(self, ids: list[int]) -> str:
        text: str = self._tokenizer.decode(ids, skip_special_tokens=False)
        return text


def _other(logprob: float) -> float:
    """Return log(1 - p) for a token's log(p): where an answer ended with doubt, no end was likelier."""
    return max(_LOWEST, math.log1p(-math.exp(min(logprob, -1e-9))))  # a certain token's is 0 or above


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _json(folder: Path, name: str) -> dict[str, Any]:
    file = folder / name
    found: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    return found


def _vocabulary(folder: Path) -> list[str]:
    file = folder / "vocabulary.json"
    if file.is_file():
        words: list[str] = json.loads(file.read_text("utf-8"))
        return words
    return (folder / "vocabulary.txt").read_text("utf-8").split("\n")


def _assembled(folder: Path) -> dict[str, bytes] | None:
    """Return the files that make the model, where its weights lie in parts; None where they are one file."""
    weights = "model.bin"
    if (folder / weights).is_file():
        return None
    parts = sorted(folder.glob(f"{weights}.part*"), key=lambda p: int(p.name.rpartition("part")[2]))
    if not parts:
        raise FileNotFoundError(f"{folder} holds no {weights}")
    small = ("config.json", "vocabulary.json", "vocabulary.txt")
    found = {name: (folder / name).read_bytes() for name in small if (folder / name).is_file()}
    return {**found, weights: b"".join(part.read_bytes() for part in parts)}


def _window(folder: Path) -> int:
    """Return the positions the model has, 0 where its files do not say: then CTranslate2 itself refuses."""
    length = _json(folder, "codebot.json").get("window") or _json(folder, "tokenizer_config.json").get(
        "model_max_length"
    )
    return int(length) if isinstance(length, (int, float)) and 0 < length <= _SANE else 0
