"""Step `train`: on one or several GPUs (through torchrun), or slowly on a CPU.

A run can be killed at any time and goes on from its last checkpoint; it ends in time with its learning
rate at zero, and keeps the weights with which validation was best.
"""

from __future__ import annotations

import json
import math
import signal
import time
from contextlib import nullcontext
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from training.checkpoint import Average, begun_alike, read, save, save_weights
from training.devices import Devices
from training.journal import Journal, chart, report
from training.model import Learner, flops_per_token, open_model
from training.plan import FREE, Train
from training.records import needed
from training.rows import Mixture, weights
from training.schedule import Clock, rate
from training.validate import losses, samples

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Train", "train"]

_LOOK = 10  # steps between two looks at the clock


def train(settings: Train, work: Path) -> dict[str, Any]:
    """Train, and return how it went; `best/` and `final/` below the output are Hugging Face folders.

    Raises:
        FileNotFoundError: A step before this one has not been done.
        ValueError: The settings do not fit the data, or those the run began with; or the loss is no number.
    """
    needed(work, {settings.start: "start", f"{settings.data}/index.json": "pack"})
    with Devices.joined() as devices:
        return _Run(settings, work, devices).go()


class _Run:
    def __init__(self, settings: Train, work: Path, devices: Devices) -> None:
        self.settings, self.devices = settings, devices
        self.start, self.folder = work / settings.start, work / settings.output
        torch.manual_seed(settings.seed)
        torch.set_float32_matmul_precision("high")
        self.mixture = Mixture(work / settings.data, settings.mix, settings.seed)
        model = open_model(self.start, dropout=settings.dropout)
        self.learner = Learner(model, torch.from_numpy(weights(settings.context))).to(devices.device).train()
        self.model = self.learner.model
        quick: Any = self.learner
        if settings.compile and devices.gpu:
            quick = torch.compile(quick, dynamic=False)
        if devices.world > 1:
            quick = DistributedDataParallel(
                quick, device_ids=[devices.device] if devices.gpu else None, gradient_as_bucket_view=True
            )
        self.quick = quick
        self.optimizer = _optimizer(self.model, settings, fused=devices.gpu)
        self.average = Average(self.model, settings.average)
        self.parts, rest = divmod(settings.rows, settings.at_once * devices.world)
        if rest or not self.parts:
            raise ValueError(
                f"train.rows = {settings.rows} is no multiple of at_once x devices = "
                f"{settings.at_once} x {devices.world}"
            )
        self.steps = settings.steps or math.ceil(
            settings.epochs * sum(map(len, self.mixture.groups.values())) / settings.rows
        )
        self.cursors = dict.fromkeys(self.mixture.groups, 0)
        self.step, self.spent, self.best = 0, 0.0, math.inf
        self.lost = 0.0  # seconds of `spent` in which nothing was learnt: the compiler's
        self.stopping = False
        self._resume()

    def go(self) -> dict[str, Any]:
        settings, lead = self.settings, self.devices.rank == 0
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "stopping", True))
        self.journal = Journal(self.folder / "log.jsonl", self.step) if lead else None
        self.flops = flops_per_token(self.model, self.mixture.length)
        began = saved = time.monotonic()
        before = self.spent
        self._compile()
        self.lost += self.devices.from_first([time.monotonic() - began])[0]
        # the schedule is of what is left, or the warm-up would be over when the compiler is done
        self.clock = Clock(self.steps, max(1.0, settings.minutes * 60 - self.lost) if settings.minutes else 0)
        sums, logged = torch.zeros(2, device=self.devices.device), (time.monotonic(), self.step)
        while True:
            now = time.monotonic()
            self.spent = before + now - began
            if self.step < _LOOK or self.step % _LOOK == 0:
                overdue = bool(settings.pause_after) and now - began > settings.pause_after * 60
                told = self.devices.from_first([self.spent, float(overdue or self.stopping)])
                self.clock.look(self.step, told[0] - self.lost)
                if told[1] and self.clock.progress(self.step) < 1:
                    self._save()
                    return self._done("paused")
            progress = self.clock.progress(self.step)
            if progress >= 1:
                break
            norm = self._update(progress, sums)
            self.step += 1
            if self.step % settings.log_every == 0:
                self._log(progress, sums, norm, logged)
                sums.zero_()
                logged = (time.monotonic(), self.step)
            if self.step % settings.validate_every == 0 and self.clock.progress(self.step) < 1:
                self._validate(progress)
                logged = (time.monotonic(), self.step)
            if lead and time.monotonic() - saved > settings.save_every:
                self._save()
                saved = time.monotonic()
                logged = (saved, self.step)
        self._validate(1.0)
        self._save()
        if lead:
            save_weights(dict(self.model.named_parameters()), self.start, self.folder / "final")
        return self._done("finished")

    def _update(self, progress: float, sums: torch.Tensor) -> torch.Tensor:
        """Take one step and return the norm of its gradient."""
        settings = self.settings
        share = rate(progress + 1e-4, warmup=settings.warmup, decay=settings.decay, shape=settings.schedule)
        for group in self.optimizer.param_groups:
            group["lr"] = settings.rate * share
        counts = self.mixture.counts(settings.rows, finishing=progress > 1 - settings.decay)
        taken = self.mixture.take(self.cursors, counts, self.devices.rank, self.devices.world)
        ids, codes = (self.devices.sent(a) for a in taken)
        total = self.learner.weights[codes.long()].sum().clamp(min=1)  # so parts of a step weigh alike
        for n in range(self.parts):
            here = slice(n * settings.at_once, (n + 1) * settings.at_once)
            together = self.devices.world > 1 and n < self.parts - 1
            with self.quick.no_sync() if together else nullcontext():
                sums += self._learn(ids[here], codes[here], total)
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), settings.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        if progress >= settings.average_from:
            self.average.update()
        for name, count in counts.items():
            self.cursors[name] += count
        return norm

    def _learn(self, ids: torch.Tensor, codes: torch.Tensor, total: torch.Tensor) -> torch.Tensor:
        """Add the gradient of some rows, and return (sum, number) of their answers' losses."""
        with torch.autocast(ids.device.type, torch.bfloat16, enabled=self.devices.gpu):
            loss, found = self.quick(ids, codes)
        (loss / total).backward()
        sums: torch.Tensor = found
        return sums

    def _compile(self) -> None:
        """Learn something and forget it, so that all that is compiled at its first use is."""
        counts = self.mixture.counts(self.settings.rows, finishing=False)
        taken = self.mixture.take(self.cursors, counts, self.devices.rank, self.devices.world)
        ids, codes = (self.devices.sent(a[: self.settings.at_once]) for a in taken)
        self._learn(ids, codes, torch.ones((), device=self.devices.device))
        self.optimizer.zero_grad(set_to_none=True)
        if self.devices.gpu:
            torch.cuda.synchronize()

    def _log(self, progress: float, sums: torch.Tensor, norm: torch.Tensor, since: tuple[float, int]) -> None:
        loss = (sums[0] / sums[1].clamp(min=1)).item()  # waits for the device: what follows is its time
        if not math.isfinite(loss):
            raise ValueError(f"the loss is {loss} at step {self.step}: lower train.rate, or look at the data")
        if self.journal:
            tokens = (self.step - since[1]) * self.settings.rows * self.mixture.length
            speed = tokens / max(1e-9, time.monotonic() - since[0])
            peak = self.settings.peak_tflops * 1e12 * self.devices.world
            record = {
                "step": self.step,
                "progress": round(progress, 4),
                "loss": round(loss, 4),
                "norm": round(norm.item(), 3),
                "rate": self.optimizer.param_groups[0]["lr"],
                "tokens_per_second": round(speed),
                "mfu": round(speed * self.flops / peak, 4),
                "seconds": round(self.spent, 1),
                "epochs": {n: round(c / len(self.mixture.groups[n]), 2) for n, c in self.cursors.items()},
            }
            self.journal.add(record)

    def _validate(self, progress: float) -> None:
        """Measure the weights, and their mean once there is one; keep them where they are best."""
        for averaged in (False, True) if self.average.mean else (False,):
            if averaged:
                self.average.swap()
            found = losses(
                self.learner,
                self.mixture.validation,
                most=self.settings.validation_rows,
                at_once=self.settings.at_once,
                rank=self.devices.rank,
                world=self.devices.world,
            )
            chosen = [found[kind] for kind in self.settings.best or found if kind in found]
            score = sum(chosen) / len(chosen) if chosen else math.inf
            better = score < self.best or not chosen
            self.best = min(self.best, score)
            if self.journal:
                record: dict[str, Any] = {"step": self.step, "progress": round(progress, 4)}
                record["validation"] = {kind: round(loss, 4) for kind, loss in found.items()}
                self.journal.add(
                    record | {"averaged": averaged, "best": better, "seconds": round(self.spent, 1)}
                )
                if better:
                    save_weights(dict(self.model.named_parameters()), self.start, self.folder / "best")
            if averaged:
                self.average.swap()
        asked = [kind for kind in self.settings.best or self.mixture.validation if kind != "left"]
        if self.journal:
            for kind in [kind for kind in asked if kind in self.mixture.validation][:1]:
                rows = self.mixture.validation[kind]
                for text in samples(self.model, rows, self.start / "tokenizer.json", self.settings.samples):
                    print(text, flush=True)  # noqa: T201 - to be read while it runs
            (self.folder / "losses.svg").write_text(chart(self.journal.records), "utf-8")

    def _save(self) -> None:
        if self.devices.rank == 0:
            state = {
                "settings": json.dumps(asdict(self.settings)),
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "average": self.average.mean,
                "cursors": self.cursors,
                "step": self.step,
                "spent": self.spent,
                "lost": self.lost,
                "best": self.best,
            }
            self.folder.mkdir(parents=True, exist_ok=True)
            save(self.folder / "checkpoint.pt", state)

    def _resume(self) -> None:
        state = read(self.folder / "checkpoint.pt")
        if state is None:
            return
        begun_alike(state["settings"], self.settings, FREE, self.folder)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.average.mean = [m.to(self.devices.device) for m in state["average"]]
        self.cursors, self.step, self.spent = state["cursors"], state["step"], state["spent"]
        self.best, self.lost = state["best"], state["lost"]

    def _done(self, how: str) -> dict[str, Any]:
        if self.devices.world > 1:
            dist.barrier()
        done = {
            "run": how,
            "steps": self.step,
            "planned_steps": self.steps,
            "tokens": self.step * self.settings.rows * self.mixture.length,
            "seconds": round(self.spent, 1),
            "parameters": sum(p.numel() for p in self.model.parameters()),
            "best": self.best,
            "device": self.devices.name,
        }
        if self.devices.rank == 0:
            report(self.folder, done, self.settings)
        return done


def _optimizer(model: Any, settings: Train, *, fused: bool) -> torch.optim.Optimizer:  # noqa: ANN401 - any causal model
    """Return AdamW; norms and biases do not decay."""
    own = list(model.parameters())
    groups = [
        {"params": [p for p in own if p.ndim > 1], "weight_decay": settings.weight_decay},
        {"params": [p for p in own if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=settings.rate, betas=(0.9, 0.95), eps=1e-8, fused=fused)
