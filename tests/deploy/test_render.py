"""The repository's templates: every parameter filled, every configuration one that Triton can read."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest

from bot.deploy.render import fill, render, templates
from bot.deploy.settings import PROFILES, Profile, Settings, parse, settings_for
from bot.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

# The parameters of the stock templates that ours must have too
STOCK = {
    "ensemble": "triton_max_batch_size logits_datatype",
    "preprocessing": "triton_max_batch_size preprocessing_instance_count max_queue_delay_microseconds "
    "max_queue_size tokenizer_dir add_special_tokens multimodal_model_path engine_dir max_num_images "
    "hf_model_path",
    "postprocessing": "triton_max_batch_size postprocessing_instance_count tokenizer_dir skip_special_tokens",
    "tensorrt_llm": "triton_max_batch_size decoupled_mode max_queue_delay_microseconds max_queue_size "
    "encoder_input_features_data_type logits_datatype prompt_embedding_table_data_type triton_backend "
    "engine_dir encoder_engine_dir batching_strategy max_beam_width max_tokens_in_paged_kv_cache "
    "max_attention_window_size sink_token_length batch_scheduler_policy kv_cache_free_gpu_mem_fraction "
    "cross_kv_cache_fraction kv_cache_host_memory_bytes kv_cache_onboard_blocks exclude_input_in_output "
    "cancellation_check_period_ms stats_check_period_ms iter_stats_max_iterations "
    "request_stats_max_iterations enable_kv_cache_reuse normalize_log_probs enable_chunked_context "
    "gpu_device_ids participant_ids num_nodes lora_cache_optimal_adapter_size lora_cache_max_adapter_size "
    "lora_cache_gpu_memory_fraction lora_cache_host_memory_bytes lora_prefetch_dir decoding_mode "
    "lookahead_window_size lookahead_ngram_size lookahead_verification_set_size medusa_choices eagle_choices "
    "gpu_weights_percent enable_context_fmha_fp32_acc multi_block_mode cuda_graph_mode cuda_graph_cache_size "
    "speculative_decoding_fast_logits tokenizer_dir guided_decoding_backend xgrammar_tokenizer_info_path",
    "tensorrt_llm_bls": "triton_max_batch_size decoupled_mode logits_datatype bls_instance_count "
    "accumulate_tokens tensorrt_llm_model_name tensorrt_llm_draft_model_name multimodal_encoders_name",
}


def placeholders(model: str) -> set[str]:
    text = (templates() / model / "config.pbtxt").read_text("utf-8")
    return set(re.findall(r"\$\{(\w+)\}", text))


def parsed(file: Path) -> Any:  # noqa: ANN401 - a protobuf message
    text_format = pytest.importorskip("google.protobuf.text_format")
    pb = pytest.importorskip("tritonclient.grpc.model_config_pb2")
    return text_format.Parse(file.read_text("utf-8"), pb.ModelConfig())


@pytest.mark.parametrize("model", STOCK)
def test_every_parameter_of_the_stock_templates_is_there(model: str) -> None:
    """Nothing that a tutorial sets is missing, and every placeholder is a setting."""
    assert set(STOCK[model].split()) <= placeholders(model)
    assert placeholders(model) <= {f.name for f in fields(Settings)}


@pytest.mark.parametrize("profile", PROFILES)
def test_every_configuration_is_a_model_config(profile: Profile, tmp_path: Path) -> None:
    """Each rendered file parses as Triton's own protobuf, with nothing left unfilled."""
    target = render(settings_for(profile, tokenizer_dir="/t", engine_dir='/e "quoted"\\'), tmp_path / "out")
    for model in STOCK:
        config = parsed(target / model / "config.pbtxt")
        assert config.name == model
        assert "${" not in (target / model / "config.pbtxt").read_text("utf-8")
    inner = parsed(target / "tensorrt_llm" / "config.pbtxt")
    assert inner.model_transaction_policy.decoupled
    assert inner.backend == ("tensorrtllm" if profile == "tensorrt" else "python")
    assert inner.parameters["gpt_model_path"].string_value == '/e "quoted"\\'
    assert (target / "tensorrt_llm" / "1" / "model.py").exists() == (profile != "tensorrt")


@pytest.mark.parametrize("profile", PROFILES)
def test_the_ensemble_fits_its_models(profile: Profile, tmp_path: Path) -> None:
    """Each tensor that the ensemble passes on exists at both ends, with one type."""
    target = render(settings_for(profile, tokenizer_dir="/t", engine_dir="/e"), tmp_path / "out")
    ensemble = parsed(target / "ensemble" / "config.pbtxt")
    types = {i.name: i.data_type for i in ensemble.input}
    for step in ensemble.ensemble_scheduling.step:
        model = parsed(target / step.model_name / "config.pbtxt")
        inputs, outputs = ({t.name: t for t in side} for side in (model.input, model.output))
        for name, value in step.input_map.items():
            assert types[value] == inputs[name].data_type, (step.model_name, name)
        assert all(t.optional or name in step.input_map for name, t in inputs.items())
        for name, value in step.output_map.items():
            types[value] = outputs[name].data_type
    assert {o.name for o in ensemble.output} <= set(types)


def test_starcoder_gets_the_tutorials_values(tmp_path: Path) -> None:
    """In-flight batching, a fifth of the free memory for the KV cache, decoupled; unset ones left out."""
    target = render(settings_for("tensorrt", tokenizer_dir="/t", engine_dir="/e"), tmp_path / "out")
    given = {
        k: v.string_value for k, v in parsed(target / "tensorrt_llm" / "config.pbtxt").parameters.items()
    }
    assert given["gpt_model_type"] == "inflight_fused_batching"
    assert given["kv_cache_free_gpu_mem_fraction"] == "0.2"
    assert given["batch_scheduler_policy"] == "guaranteed_no_evict"
    assert "max_attention_window_size" not in given


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"max_quue_size": "1"}, "unknown parameter max_quue_size"),
        ({"max_queue_size": "many"}, "expected int"),
        ({"decoupled_mode": "yes"}, "true or false"),
        ({"batching_strategy": "v2"}, "inflight_fused_batching or V1"),
        ({"kv_cache_free_gpu_mem_fraction": "1.5"}, "fraction"),
        ({"triton_max_batch_size": "0"}, "at least 1"),
        ({"model_name": "two\nlines"}, "line break"),
    ],
)
def test_a_wrong_parameter_is_an_error(values: dict[str, str], word: str, tmp_path: Path) -> None:
    """Unknown names and impossible values never reach a configuration."""
    with pytest.raises(UsageError, match=word):
        render(
            settings_for("tensorrt", tokenizer_dir="/t", engine_dir="/e", **parse(values)), tmp_path / "out"
        )
    assert not (tmp_path / "out").exists()


def test_an_unfilled_parameter_is_an_error() -> None:
    """Neither a required setting nor a placeholder stays empty."""
    with pytest.raises(UsageError, match="not filled: engine_dir"):
        settings_for("tensorrt", tokenizer_dir="/t")
    with pytest.raises(UsageError, match="must be set"):
        fill("max_batch_size: ${n}", {"n": None}, "embedded")
    with pytest.raises(UsageError, match="unknown parameter n"):
        fill("max_batch_size: ${n}", {}, "embedded")


def test_a_folder_of_somebody_elses_is_not_replaced(tmp_path: Path) -> None:
    """Only an empty folder or an earlier rendering is written over."""
    (tmp_path / "out").mkdir()
    settings = settings_for("tensorrt", tokenizer_dir="/t", engine_dir="/e")
    render(render_twice := settings, tmp_path / "out")
    render(render_twice, tmp_path / "out")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("years of work", "utf-8")
    with pytest.raises(UsageError, match="not empty"):
        render(settings, tmp_path / "other")
    assert (tmp_path / "other" / "thesis.txt").exists()


def test_the_llm_api_gets_its_arguments(tmp_path: Path) -> None:
    """model.yaml has what `tensorrt_llm.LLM` takes, and says what config.pbtxt says."""
    yaml = pytest.importorskip("yaml")
    target = render(
        settings_for("llmapi", tokenizer_dir="/t", engine_dir="/m", tensor_parallel_size=2), tmp_path / "o"
    )
    found = yaml.safe_load((target / "tensorrt_llm" / "1" / "model.yaml").read_text("utf-8"))
    assert found["model"] == "/m"
    assert found["tensor_parallel_size"] == 2
    assert found["kv_cache_config"]["free_gpu_memory_fraction"] == 0.2
    assert found["triton_config"]["decoupled"] is True
    kept = json.loads((target / "codebot-render.json").read_text("utf-8"))
    assert kept["profile"] == "llmapi"
