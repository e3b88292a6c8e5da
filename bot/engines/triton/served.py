"""What a model's configuration says of it: which build, how many requests side by side, which tokenizer."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from bot.engines.remote.transport import Load, Served

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.engines.triton.contract import Contract

__all__ = ["load", "served", "steps", "with_policy"]

_START = 8  # requests in flight to begin with, where the model takes more: its queue tells the rest
_MOST = 256  # requests in flight, where the configuration sets no limit
_NANO = 1e-9
_INNER = "tensorrt_llm_model_name"  # the parameter of inflight_batcher_llm's BLS models
_TOLD = {  # what codebot's own repository adds to a configuration, and the stock path of the engine
    "model": "model_name",
    "build": "model_build",
    "window": "context_window",
    "family": "model_family",
    "folder": "gpt_model_path",
}


def steps(config: Mapping[str, Any]) -> list[str]:
    """Return the models that an ensemble is made of, or that a BLS model asks; none for other models."""
    found = [str(step["model_name"]) for step in (config.get("ensemble_scheduling") or {}).get("step", ())]
    inner = ((config.get("parameters") or {}).get(_INNER) or {}).get("string_value", "")
    return found or ([str(inner)] if inner and "$" not in inner else [])  # "${…}" is an unfilled template's


def with_policy(config: Mapping[str, Any], inner: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return an ensemble's configuration with its parts' transaction policy, which it has no own of."""
    policies = [each.get("model_transaction_policy") or {} for each in (config, *inner)]
    return {**config, "model_transaction_policy": {"decoupled": any(p.get("decoupled") for p in policies)}}


def served(
    contract: Contract,
    metadata: Mapping[str, Any],
    config: Mapping[str, Any],
    inner: Sequence[Mapping[str, Any]],
) -> Served:
    """Put together what is known of a model.

    Args:
        contract: How it is asked.
        metadata: Its own.
        config: Its own.
        inner: Configurations of the models that it is made of.
    """
    facts: dict[str, Any] = {}
    for each in (*inner, config):
        facts |= _facts(each)
    slots = [_slots(each) for each in (inner or [config])]
    queues = [s + q for s, q in zip(slots, [_queue(each) for each in (inner or [config])], strict=True) if q]
    most = min([_MOST, *queues])
    known = [metadata.get("name"), metadata.get("versions"), *(_essence(each) for each in (config, *inner))]
    stamp = f"triton:{hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()}"
    words = {"llmapi": "llmapi", "vllm": "vLLM backend", "inflight_batcher_llm": "inflight_batcher_llm"}
    kind = " ensemble" if config.get("ensemble_scheduling") else " BLS" if inner else ""
    return Served(
        contract=words[contract.name] + kind + (", decoupled" if contract.decoupled else ""),
        model=str(facts.get("model") or contract.model),
        build=str(facts.get("build") or stamp),
        start=max(2, min(*slots, most, _START)),
        most=most,
        scores=contract.scores,
        facts=facts,
    )


def load(stats: Mapping[str, Any], inner: Sequence[Mapping[str, Any]]) -> Load | None:
    """Read a model's statistics, as both protocols give them in JSON.

    An ensemble's own queue is always empty: what waits, waits at the models it is made of (`inner`).
    """
    if not stats.get("model_stats"):
        return None
    queued = sum(_total(each, "queue", "ns") for each in (stats, *inner)) * _NANO
    spent = _total(stats, "success", "ns") * _NANO
    return Load(_total(stats, "success", "count"), queued, max(0.0, spent - queued))


def _total(stats: Mapping[str, Any], what: str, field: str) -> int:
    rows = [row.get("inference_stats") or {} for row in stats.get("model_stats", ())]
    return sum(int((row.get(what) or {}).get(field) or 0) for row in rows)


def _essence(config: Mapping[str, Any]) -> list[Any]:
    """Return what answers may depend on, equal over both protocols: they differ in the defaults they show."""
    parameters = config.get("parameters") or {}
    return [
        config.get("name"),
        config.get("platform") or config.get("backend") or "",
        sorted((str(k), str(v.get("string_value", ""))) for k, v in parameters.items()),
        sorted(str(row.get("name")) for kind in ("input", "output") for row in config.get(kind) or ()),
    ]


def _facts(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a configuration's parameters tell of the model, by the names that codebot uses."""
    rows = config.get("parameters") or {}
    told = {name: str((rows.get(key) or {}).get("string_value", "")) for name, key in _TOLD.items()}
    return {name: value for name, value in told.items() if value}


def _slots(config: Mapping[str, Any]) -> int:
    """Return how many requests a model works on at once."""
    instances = sum(int(group.get("count") or 1) for group in config.get("instance_group") or ()) or 1
    return max(1, int(config.get("max_batch_size") or 0)) * instances


def _queue(config: Mapping[str, Any]) -> int:
    """Return how many requests may wait for a model; 0: any number."""
    batching = config.get("dynamic_batching") or {}
    return int((batching.get("default_queue_policy") or {}).get("max_queue_size") or 0)
