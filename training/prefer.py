"""Step `prefer`: the student answers, and the answers that are worth more become likelier.

Policy gradient on one or several GPUs (through torchrun), or slowly on a CPU: several answers to each prompt,
each weighed against their mean, and one update a batch. The student is held near what it was, replays what it
must not forget, and learns its own verdict on its answers. A run can be killed at any time and goes on from
its last checkpoint.
"""

from __future__ import annotations

import json
import math
import random
import signal
import sys
import time
from collections import defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import torch
import torch.distributed as dist

from training.checkpoint import begun_alike, read, save, save_weights
from training.devices import Devices
from training.journal import Journal, report
from training.judge import Judge
from training.plan import FREE_TO_PREFER, Prefer
from training.policy import Policy
from training.records import expand, needed, parted, questions
from training.replay import Replay
from training.reward import Reward, advantages
from training.schedule import Clock, rate
from training.scoring import Judging
from training.shown import shown
from training.tallies import learnt, validated

if TYPE_CHECKING:
    from pathlib import Path

    from training.scoring import Scorer

__all__ = ["Prefer", "improve", "prefer"]

_TELLING = 1e-4  # a reward's distance from the mean that is worth learning from


def prefer(settings: Prefer, work: Path) -> dict[str, Any]:
    """Improve the student by a teacher's judgement, and return how it went.

    `best/` and `final/` below the output are Hugging Face folders.

    Raises:
        FileNotFoundError: A step before this one has not been done.
        ValueError: The settings do not fit one another, or those the run began with; or the run went astray.
    """
    needed(work, {f"{settings.start}/config.json": "train", settings.prompts: "prompts"})
    with Devices.joined() as devices:
        judge = Judge.open(settings.teacher, settings.gguf, devices, at_once=settings.judged_at_once)
        with Judging.begun(judge, Reward.read(), settings.jobs) as scorer:
            return improve(settings, work, devices, scorer)


def improve(settings: Prefer, work: Path, devices: Devices, scorer: Scorer) -> dict[str, Any]:
    """Do what `prefer` does with any scorer."""
    return _Run(settings, work, devices, scorer).go()


class _Run:
    def __init__(self, settings: Prefer, work: Path, devices: Devices, scorer: Scorer) -> None:
        self.settings, self.devices, self.scorer = settings, devices, scorer
        self.start, self.folder = work / settings.start, work / settings.output
        if not (settings.minutes or settings.steps):
            raise ValueError("prefer.minutes or prefer.steps says when a run ends, and both are 0")
        if settings.batch % devices.world or settings.replay_rows % devices.world:
            raise ValueError(
                f"prefer.batch = {settings.batch} and replay_rows = {settings.replay_rows} must be multiples "
                f"of the {devices.world} devices"
            )
        torch.set_float32_matmul_precision("high")
        self.policy = Policy(self.start, devices, taught=settings.taught)
        self.optimizer = torch.optim.AdamW(
            self.policy.model.parameters(),
            lr=settings.rate,
            betas=(0.9, 0.95),
            weight_decay=0.0,
            fused=devices.gpu,
        )
        everything = questions(work / settings.prompts)
        random.Random(settings.seed).shuffle(everything)  # noqa: S311 - no secret
        held_out = set((work / settings.held_out).read_text("utf-8").split()) if settings.held_out else set()
        self.questions, validation = parted(everything, held_out, settings.validation)
        self.validation = validation[: settings.validation_prompts]
        if not self.questions:
            raise ValueError(f"{work / settings.prompts} holds no question to learn from")
        self.replay = (
            Replay(
                expand(work, settings.replay),
                settings.replayed,
                self.start / "tokenizer.json",
                seed=settings.seed,
                rank=devices.rank,
                world=devices.world,
            )
            if settings.replay_rows
            else None
        )
        self.step, self.spent, self.best = 0, 0.0, -math.inf
        self.stopping = False
        self._resume()

    def go(self) -> dict[str, Any]:
        settings, lead = self.settings, self.devices.rank == 0
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "stopping", True))
        self.journal = Journal(self.folder / "log.jsonl", self.step) if lead else None
        began = saved = time.monotonic()
        before = self.spent
        self.clock = Clock(settings.steps or sys.maxsize, settings.minutes * 60)
        logged = (began, self.step)
        if not self.step:
            self._validate(0.0)
        while True:
            now = time.monotonic()
            self.spent = before + now - began
            overdue = bool(settings.pause_after) and now - began > settings.pause_after * 60
            told = self.devices.from_first([self.spent, float(overdue or self.stopping)])
            self.clock.look(self.step, told[0])
            progress = self.clock.progress(self.step)
            if progress >= 1:
                break
            if told[1]:
                self._save()
                return self._done("paused")
            record = self._update(progress)
            self.step += 1
            if self.step % settings.log_every == 0:
                self._log(progress, record, logged)
                logged = (time.monotonic(), self.step)
            if self.step % settings.validate_every == 0:
                self._validate(progress)
                logged = (time.monotonic(), self.step)
            if lead and time.monotonic() - saved > settings.save_every:
                self._save()
                saved = time.monotonic()
                logged = (saved, self.step)
        if self.step % settings.validate_every:
            self._validate(1.0)
        self._save()
        if lead:
            save_weights(self.policy.model.tensors(), self.start, self.folder / "final")
        return self._done("finished")

    def _update(self, progress: float) -> dict[str, Any]:
        """Take one step and return what there is to say of it: of this process's share of the batch."""
        settings, devices = self.settings, self.devices
        # a run that was resumed draws what it would have drawn
        torch.manual_seed((settings.seed * 1_000_003 + self.step) * 1009 + devices.rank)
        share = min(1.0, (self.step + 1) / max(1, settings.warmup))
        share *= rate(progress, warmup=0, decay=settings.decay, shape="wsd")
        for group in self.optimizer.param_groups:
            group["lr"] = settings.rate * share
        self.policy.refresh()
        first = self.step * settings.batch
        asked = [
            self.questions[(first + n) % len(self.questions)]
            for n in range(devices.rank, settings.batch, devices.world)
        ]
        prompts = self.policy.prompts([one.prompt for one in asked])
        drawn = self.policy.draw(
            prompts,
            count=settings.answers,
            most=settings.most,
            temperature=settings.temperature,
            at_once=settings.drawn_at_once,
        )
        judged = self.scorer(asked, [one.texts for one in drawn])
        gains = [
            advantages([j.reward for j in js], one.counts) for js, one in zip(judged, drawn, strict=True)
        ]
        each = [gain for several in gains for gain in several]
        squares, count = devices.summed([sum(gain * gain for gain in each), len(each)])
        spread = math.sqrt(squares / max(1, count)) + 1e-6
        told = [n for n, several in enumerate(gains) if max(map(abs, several)) > _TELLING]
        told.sort(key=lambda n: len(prompts[n]))
        sums: dict[str, float] = defaultdict(float)
        for at in range(0, len(told), settings.learnt_at_once):
            here = told[at : at + settings.learnt_at_once]
            found = self.policy.learn(
                [prompts[n] for n in here],
                [drawn[n] for n in here],
                [judged[n] for n in here],
                [[gain / spread for gain in gains[n]] for n in here],
                drawn=settings.batch * settings.answers,
                kl=settings.kl,
                verdict=settings.verdict,
            )
            for name, value in found.items():
                sums[name] += value
        sums["replay"] = self._replay()
        devices.sum_gradients(self.policy.model.parameters())
        norm = torch.nn.utils.clip_grad_norm_(self.policy.model.parameters(), settings.clip).item()
        if not math.isfinite(norm):
            raise ValueError(f"the gradient is {norm} at step {self.step}: lower prefer.rate")
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return learnt(drawn, judged, sums) | {"norm": round(norm, 3)}

    def _replay(self) -> float:
        """Add the gradient of some examples, and return the mean loss of their answers' tokens."""
        if self.replay is None:
            return 0.0
        rows = self.settings.replay_rows // self.devices.world
        prompts, answers = self.replay.take(self.step * rows, rows)
        tokens = sum(len(answer) for several in answers for answer in several)
        mean, size = 0.0, self.settings.learnt_at_once
        for at in range(0, len(prompts), size):
            here = slice(at, at + size)
            scores = self.policy.score(self.policy.model, prompts[here], answers[here])
            loss = -scores.logprobs.sum() / tokens
            (self.settings.replay_weight / self.devices.world * loss).backward()
            mean += loss.item()
        return mean

    def _log(self, progress: float, record: dict[str, Any], since: tuple[float, int]) -> None:
        if self.journal:
            drawn = (self.step - since[1]) * self.settings.batch * self.settings.answers
            self.journal.add(
                {
                    "step": self.step,
                    "progress": round(progress, 4),
                    **record,
                    "rate": self.optimizer.param_groups[0]["lr"],
                    "answers_per_second": round(drawn / max(1e-9, time.monotonic() - since[0])),
                    "seconds": round(self.spent, 1),
                }
            )

    def _validate(self, progress: float) -> None:
        """Measure the likeliest answers to prompts of other projects; keep the weights that are best."""
        self.policy.refresh()
        seen = shown(self.policy, self.scorer, self.validation, self.settings, self.devices)
        found = validated(seen) if seen else {}
        better = bool(self.step) and found.get("reward", math.inf) > self.best
        if better:
            self.best = found.get("reward", self.best)
        if self.journal:
            record: dict[str, Any] = {"step": self.step, "progress": round(progress, 4), "validation": found}
            self.journal.add(record | {"best": better, "seconds": round(self.spent, 1)})
            for one in seen[: self.settings.samples]:
                why = one.judged.flaw or f"{one.judged.reward:.2f}"
                print(f"  {one.name}: {one.text!r} ({why})", flush=True)  # noqa: T201 - to be read while it runs
            if better:
                save_weights(self.policy.model.tensors(), self.start, self.folder / "best")

    def _save(self) -> None:
        if self.devices.rank == 0:
            state = {
                "settings": json.dumps(asdict(self.settings)),
                "model": self.policy.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "step": self.step,
                "spent": self.spent,
                "best": self.best,
            }
            self.folder.mkdir(parents=True, exist_ok=True)
            save(self.folder / "checkpoint.pt", state)

    def _resume(self) -> None:
        state = read(self.folder / "checkpoint.pt")
        if state is None:
            return
        begun_alike(state["settings"], self.settings, FREE_TO_PREFER, self.folder)
        self.policy.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.spent, self.best = state["step"], state["spent"], state["best"]

    def _done(self, how: str) -> dict[str, Any]:
        if self.devices.world > 1:
            dist.barrier()
        done = {
            "run": how,
            "steps": self.step,
            "answers": self.step * self.settings.batch * self.settings.answers,
            "seconds": round(self.spent, 1),
            "best": self.best if math.isfinite(self.best) else None,
            "device": self.devices.name,
        }
        if self.devices.rank == 0:
            report(self.folder, done, self.settings)
        return done
