"""Reads the checkpoint and folds into its weights whatever would otherwise be computed on every request."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

# Shape of the model, from upstream's config.json.
LAYERS = 6
HIDDEN = 384
HEADS = 12
HEAD_DIM = HIDDEN // HEADS
LAYER_NORM_EPSILON = 1e-12

# The position table has 512 rows; sentence-transformers cuts at 256 (sentence_bert_config.json) and so do we.
MAX_TOKENS = 256


@dataclass(frozen=True)
class Affine:
    """A linear layer (`scale` is [in, out]) or a layer norm (`scale` is [hidden]), each with its `shift`."""

    scale: np.ndarray
    shift: np.ndarray


@dataclass(frozen=True)
class Layer:
    query_key_value: Affine
    attention_output: Affine
    attention_norm: Affine
    intermediate: Affine
    output: Affine
    output_norm: Affine


@dataclass(frozen=True)
class Weights:
    words: np.ndarray
    positions: np.ndarray
    embedding_norm: Affine
    layers: list[Layer]


def read_weights(upstream: Path) -> Weights:
    tensors = load_file(upstream / "model.safetensors")

    def linear(name: str) -> Affine:
        return Affine(tensors[f"{name}.weight"].T, tensors[f"{name}.bias"])

    def norm(name: str) -> Affine:
        return Affine(tensors[f"{name}.weight"], tensors[f"{name}.bias"])

    def layer(index: int) -> Layer:
        at = f"encoder.layer.{index}"
        return Layer(
            query_key_value=fuse(*(linear(f"{at}.attention.self.{part}") for part in ("query", "key", "value"))),
            attention_output=linear(f"{at}.attention.output.dense"),
            attention_norm=norm(f"{at}.attention.output.LayerNorm"),
            intermediate=linear(f"{at}.intermediate.dense"),
            output=linear(f"{at}.output.dense"),
            output_norm=norm(f"{at}.output.LayerNorm"),
        )

    positions = tensors["embeddings.position_embeddings.weight"][:MAX_TOKENS]
    # One text is always segment 0, so the segment's row is a constant of every position.
    segment = tensors["embeddings.token_type_embeddings.weight"][0]
    return Weights(
        words=tensors["embeddings.word_embeddings.weight"],
        positions=positions + segment,
        embedding_norm=norm("embeddings.LayerNorm"),
        layers=[layer(index) for index in range(LAYERS)],
    )


def fuse(query: Affine, key: Affine, value: Affine) -> Affine:
    """One matrix for the three projections; attention's 1/sqrt(head size) is multiplied into the query's part."""
    temper = np.float32(1 / math.sqrt(HEAD_DIM))
    return Affine(
        np.concatenate([query.scale * temper, key.scale, value.scale], axis=1),
        np.concatenate([query.shift * temper, key.shift, value.shift]),
    )
