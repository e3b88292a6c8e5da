"""Every parameter of a rendered model repository, typed, with its default and why it is that.

The names are those of TensorRT-LLM's `inflight_batcher_llm` templates. None leaves a parameter out, so
that the backend takes its own default. Defaults are the StarCoder tutorial's where it has one.
"""

from __future__ import annotations

import types
from dataclasses import MISSING, Field, dataclass, fields
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

from bot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PROFILES", "Profile", "Settings", "parse", "settings_for"]

Profile = Literal["embedded", "vllm", "tensorrt", "llmapi"]
PROFILES: tuple[Profile, ...] = get_args(Profile)
Float = Literal["TYPE_FP32", "TYPE_FP16", "TYPE_BF16"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What the templates are filled with."""

    profile: Profile
    tokenizer_dir: str  # holds tokenizer.json
    engine_dir: str  # TensorRT-LLM engine, converted model, or Hugging Face folder or name, by profile
    # All models
    triton_max_batch_size: int = 64
    decoupled_mode: bool = True  # needed to stream; a request without `stream` still gets one response
    max_queue_delay_microseconds: int = 0  # the engine batches in flight: waiting for a batch only delays
    max_queue_size: int = 0  # 0: unlimited; with a limit, a request beyond it gets 503 at once
    logits_datatype: Float = "TYPE_FP32"
    encoder_input_features_data_type: Float = "TYPE_FP16"
    prompt_embedding_table_data_type: Float = "TYPE_FP16"
    # preprocessing, postprocessing
    preprocessing_instance_count: int = 1
    postprocessing_instance_count: int = 1
    add_special_tokens: bool = False  # FIM prompts spell theirs
    skip_special_tokens: bool | None = None  # by profile; see `settings_for`
    multimodal_model_path: str | None = None
    max_num_images: int | None = None
    hf_model_path: str | None = None
    # tensorrt_llm_bls
    bls_instance_count: int = 1  # our BLS serves many requests an instance; the stock one needs about a batch
    accumulate_tokens: bool | None = None  # ours always does
    tensorrt_llm_model_name: str = "tensorrt_llm"
    tensorrt_llm_draft_model_name: str | None = None
    multimodal_encoders_name: str | None = None
    # tensorrt_llm
    triton_backend: Literal["tensorrtllm", "python"] = "tensorrtllm"
    encoder_engine_dir: str | None = None
    batching_strategy: Literal["inflight_fused_batching", "V1"] = "inflight_fused_batching"
    max_beam_width: int = 1
    max_tokens_in_paged_kv_cache: int | None = None  # kv_cache_free_gpu_mem_fraction decides
    max_attention_window_size: int | None = None  # 4096 for StarCoder2 on the engine path
    sink_token_length: int | None = None
    batch_scheduler_policy: Literal["guaranteed_no_evict", "max_utilization"] = "guaranteed_no_evict"
    kv_cache_free_gpu_mem_fraction: float = (
        0.2  # the tutorial's, for a GPU that is shared; 0.9 for one that is not
    )
    cross_kv_cache_fraction: float | None = None
    kv_cache_host_memory_bytes: int | None = None
    kv_cache_onboard_blocks: bool | None = None
    exclude_input_in_output: bool = True  # stock: false; a FIM prompt in front of its answer helps nobody
    cancellation_check_period_ms: int = 100
    stats_check_period_ms: int = 100
    iter_stats_max_iterations: int | None = None
    request_stats_max_iterations: int | None = None
    enable_kv_cache_reuse: bool | None = None  # true needs an engine built with use_paged_context_fmha
    normalize_log_probs: bool | None = None
    enable_chunked_context: bool | None = None  # likewise
    gpu_device_ids: str | None = None
    participant_ids: str | None = None
    num_nodes: int | None = None
    lora_cache_optimal_adapter_size: int | None = None
    lora_cache_max_adapter_size: int | None = None
    lora_cache_gpu_memory_fraction: float | None = None
    lora_cache_host_memory_bytes: int | None = None
    lora_prefetch_dir: str | None = None
    decoding_mode: str | None = None
    lookahead_window_size: int | None = None
    lookahead_ngram_size: int | None = None
    lookahead_verification_set_size: int | None = None
    medusa_choices: str | None = None
    eagle_choices: str | None = None
    gpu_weights_percent: float | None = None
    enable_context_fmha_fp32_acc: bool | None = None
    multi_block_mode: bool | None = None
    cuda_graph_mode: bool | None = None
    cuda_graph_cache_size: int | None = None
    speculative_decoding_fast_logits: bool | None = None
    guided_decoding_backend: str | None = None
    xgrammar_tokenizer_info_path: str | None = None
    # ours
    parallel_requests: int | None = None  # embedded: requests side by side; None: one for each core
    engine_arguments: str | None = None  # vllm: JSON of AsyncEngineArgs; llmapi's are in model.yaml
    tensor_parallel_size: int = 1  # llmapi
    model_name: str | None = None  # for clients: what answers, which build of it, how many positions it has
    model_build: str | None = None
    context_window: int | None = None

    def __post_init__(self) -> None:
        """Refuse values that no backend would take.

        Raises:
            UsageError: One is of the wrong type or out of its range.
        """
        hints = get_type_hints(type(self))
        for field in fields(self):
            value = getattr(self, field.name)
            if not _fits(value, hints[field.name]):
                raise UsageError(f"{field.name} = {value!r}: expected {_say(hints[field.name])}")
        for name in (
            "kv_cache_free_gpu_mem_fraction",
            "cross_kv_cache_fraction",
            "lora_cache_gpu_memory_fraction",
        ):
            value = getattr(self, name)
            if value is not None and not 0 < value <= 1:
                raise UsageError(f"{name} = {value}: expected a fraction above 0, at most 1")
        for name in ("triton_max_batch_size", "preprocessing_instance_count", "max_beam_width"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} = {getattr(self, name)}: expected at least 1")
        if self.profile == "tensorrt" and self.batching_strategy == "V1" and self.decoupled_mode:
            raise UsageError("batching_strategy = V1 cannot stream", hint="set decoupled_mode to false")


def settings_for(profile: Profile, **values: Any) -> Settings:  # noqa: ANN401 - any field
    """Return the settings of a profile: `values` over the profile's own defaults over the general ones.

    Raises:
        UsageError: A parameter is unknown or its value impossible.
    """
    if profile not in PROFILES:
        raise UsageError(f"unknown profile {profile!r}", hint=f"there are {', '.join(PROFILES)}")
    own: dict[str, Any] = {}
    if profile == "tensorrt":
        own["skip_special_tokens"] = True  # as the stock postprocessing
    else:
        # what our own models leave out is the end token; anything else special is for the client to see
        own |= {"triton_backend": "python", "skip_special_tokens": False}
    known = {f.name: f for f in fields(Settings)}
    for name in values:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else "model_repository/README.md lists the parameters"
            raise UsageError(f"unknown parameter {name}", hint=hint)
    missing = [name for name, f in known.items() if _needed(f) and name != "profile" and name not in values]
    if missing:
        raise UsageError(f"parameter not filled: {', '.join(missing)}")
    return Settings(**{"profile": profile, **own, **values})


def parse(pairs: Mapping[str, str]) -> dict[str, Any]:
    """Return `name -> text` as typed values; "" means unset.

    Raises:
        UsageError: A parameter is unknown, or its text is no value of its type.
    """
    hints = get_type_hints(Settings)
    found: dict[str, Any] = {}
    for name, text in pairs.items():
        if name not in hints:
            near = get_close_matches(name, hints, 1)
            hint = f"did you mean {near[0]}?" if near else "model_repository/README.md lists the parameters"
            raise UsageError(f"unknown parameter {name}", hint=hint)
        found[name] = _value(name, text, hints[name])
    return found


def _value(name: str, text: str, hint: Any) -> Any:  # noqa: ANN401 - a type
    kinds = _kinds(hint)
    if text == "" and type(None) in kinds:
        return None
    try:
        if bool in kinds:
            return {"true": True, "false": False}[text.lower()]
        if int in kinds:
            return int(text)
        if float in kinds:
            return float(text)
    except (KeyError, ValueError):
        raise UsageError(f"{name} = {text!r}: expected {_say(hint)}") from None
    return text


def _needed(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _kinds(hint: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a type
    return get_args(hint) if get_origin(hint) in {Union, types.UnionType} else (hint,)


def _fits(value: Any, hint: Any) -> bool:  # noqa: ANN401 - a value and a type
    for kind in _kinds(hint):
        if get_origin(kind) is Literal:
            if value in get_args(kind):
                return True
        elif kind is float:
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                return True
        elif isinstance(value, kind) and (kind is not int or not isinstance(value, bool)):
            return True
    return False


def _say(hint: Any) -> str:  # noqa: ANN401 - a type
    words = []
    for kind in _kinds(hint):
        if get_origin(kind) is Literal:
            words += [str(a) for a in get_args(kind)]
        elif kind is not type(None):
            words.append({"str": "text", "bool": "true or false"}.get(kind.__name__, kind.__name__))
    return " or ".join(words) + (" or nothing" if type(None) in _kinds(hint) else "")
