"""CTranslate2's converter for Hugging Face models, with StarCoder2, which it does not know (a program).

Its own process: it imports torch and transformers, which nothing else of codebot needs.
"""

from __future__ import annotations

from typing import Any

from ctranslate2.converters import transformers as stock
from ctranslate2.converters import utils
from ctranslate2.specs import common_spec, transformer_spec

__all__ = ["StarCoder2Loader"]


class StarCoder2Loader(stock.ModelLoader):  # type: ignore[misc]  # the library publishes no types
    """Layer norms and biases as in StarCoder, rotary positions and grouped queries as in Llama.

    Attention is over everything before a token. That is the model's own as long as a text fits its sliding
    window, and `convert` writes that window down as the most it takes.
    """

    @property
    def architecture_name(self) -> str:
        """Name of the class that loads the weights."""
        return "Starcoder2ForCausalLM"

    def get_model_spec(self, model: Any) -> Any:  # noqa: ANN401 - the library publishes no types
        """Return the weights as CTranslate2 lays them out."""
        config = model.config
        heads, grouped = config.num_attention_heads, config.num_key_value_heads
        kind, factor, base = self.get_rotary_params(config, 10_000)
        spec = transformer_spec.TransformerDecoderModelSpec.from_config(
            config.num_hidden_layers,
            heads,
            pre_norm=True,
            activation=stock._SUPPORTED_ACTIVATIONS[config.hidden_act],  # noqa: SLF001 - its own loaders' table
            rotary_dim=0,  # all of a head's
            rotary_interleave=False,
            rotary_scaling_type=kind,
            rotary_scaling_factor=factor,
            rotary_base=base,
            num_heads_kv=grouped if grouped != heads else None,
        )
        decoder, source = spec.decoder, model.model
        decoder.scale_embeddings = False
        self.set_embeddings(decoder.embeddings, source.embed_tokens)
        self.set_layer_norm(decoder.layer_norm, source.norm)
        self.set_linear(decoder.projection, model.lm_head)
        for layer, given in zip(decoder.layer, source.layers, strict=True):
            attention, own = layer.self_attention, given.self_attn
            self.set_layer_norm(attention.layer_norm, given.input_layernorm)
            parts = [common_spec.LinearSpec() for _ in range(3)]
            for part, module in zip(parts, (own.q_proj, own.k_proj, own.v_proj), strict=True):
                self.set_linear(part, module)
            utils.fuse_linear(attention.linear[0], parts)
            self.set_linear(attention.linear[1], own.o_proj)
            self.set_layer_norm(layer.ffn.layer_norm, given.post_attention_layernorm)
            self.set_linear(layer.ffn.linear_0, given.mlp.c_fc)
            self.set_linear(layer.ffn.linear_1, given.mlp.c_proj)
        return spec

    def get_vocabulary(self, model: Any, tokenizer: Any) -> list[str]:  # noqa: ANN401 - as above
        """Return the tokens by id, one for each row of the embeddings."""
        tokens: list[str] = super().get_vocabulary(model, tokenizer)
        return tokens + [f"<extra_id_{n}>" for n in range(model.config.vocab_size - len(tokens))]

    def set_vocabulary(self, spec: Any, tokens: list[str]) -> None:  # noqa: ANN401 - as above
        """Store the tokens."""
        spec.register_vocabulary(tokens)

    def set_config(self, config: Any, model: Any, tokenizer: Any) -> None:  # noqa: ANN401 - as above
        """Store what is neither a weight nor a token."""
        config.bos_token, config.eos_token = tokenizer.bos_token, tokenizer.eos_token
        config.unk_token = tokenizer.unk_token or ""
        config.layer_norm_epsilon = model.config.norm_epsilon


if __name__ == "__main__":
    stock._MODEL_LOADERS.setdefault("Starcoder2Config", StarCoder2Loader())  # noqa: SLF001 - a later release may know it
    stock.main()
