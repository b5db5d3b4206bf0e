"""The encoder as an ONNX graph: token ids and a mask in, unit vectors out."""

from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper

from weights import HEAD_DIM, HEADS, HIDDEN, LAYER_NORM_EPSILON, Affine, Layer, Weights
from writer import Writer

# BERT's own additive mask: after softmax's exp it is exactly 0 in fp32, and it still fits into fp16.
MASKED = -10000.0

# Floor of the norm a vector is divided by, as in torch.nn.functional.normalize: an empty row gives zeros, not NaN.
NORM_EPSILON = 1e-12


def encoder(weights: Weights) -> onnx.ModelProto:
    """
    Inputs: `input_ids` int32 [batch, sequence], sequence <= 256, and `attention_mask` int32 [batch, sequence], 1 for a
    token and 0 for padding. Output: `sentence_embedding` float32 [batch, 384], L2 norm 1.

    Between the attentions a batch is one tall matrix, a row per token, whichever text the token belongs to: Gemm then
    adds the bias on the way, which is 1-4 % faster than MatMul and Add.
    """
    g = Writer()
    shapes = Shapes.of(g)
    mask = g.op("Cast", ["attention_mask"], "mask", to=TensorProto.FLOAT)
    bias = attention_bias(g, mask)
    hidden = g.op("Reshape", [embeddings(g, shapes, weights), shapes.rows], "rows")
    for index, layer in enumerate(weights.layers):
        hidden = attention(g, f"layer.{index}.attention", hidden, bias, shapes, layer)
        hidden = feed_forward(g, f"layer.{index}.ffn", hidden, layer)
    pool(g, g.op("Reshape", [hidden, shapes.texts], "texts"), mask)
    tokens = ["batch", "sequence"]
    return g.model(
        "all-MiniLM-L6-v2",
        [helper.make_tensor_value_info(name, TensorProto.INT32, tokens) for name in ("input_ids", "attention_mask")],
        [helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, ["batch", HIDDEN])],
    )


@dataclass(frozen=True)
class Shapes:
    """Names of the shapes that tensors are given on the way; computed once for all layers."""

    sequence: str
    rows: str  # [batch * sequence, hidden]
    texts: str  # [batch, sequence, hidden]
    heads: str  # [batch, sequence, head, head size]

    @staticmethod
    def of(g: Writer) -> "Shapes":
        tokens = g.op("Shape", ["input_ids"], "tokens.shape")
        return Shapes(
            sequence=g.op("Shape", ["input_ids"], "sequence", start=1, end=2),
            rows=g.ints(-1, HIDDEN),
            texts=g.op("Concat", [tokens, g.ints(HIDDEN)], "texts.shape", axis=0),
            heads=g.op("Concat", [tokens, g.ints(HEADS, HEAD_DIM)], "heads.shape", axis=0),
        )


def attention_bias(g: Writer, mask: str) -> str:
    """(mask - 1) * 10000 as [batch, 1, 1, sequence]: made once, added to the scores of all layers."""
    absent = g.op("Sub", [mask, g.constant("one", np.array([1], np.float32))], "mask.absent")
    scaled = g.op("Mul", [absent, g.constant("masked", np.array([-MASKED], np.float32))], "mask.scaled")
    return g.op("Unsqueeze", [scaled, g.ints(1, 2)], "mask.bias")


def embeddings(g: Writer, shapes: Shapes, weights: Weights) -> str:
    words = g.op("Gather", [g.weight("words.table", weights.words), "input_ids"], "words")
    table = g.weight("positions.table", weights.positions)
    positions = g.op("Slice", [table, g.ints(0), shapes.sequence, g.ints(0)], "positions")
    return norm(g, "embeddings", g.op("Add", [words, positions], "embeddings.sum"), weights.embedding_norm)


def attention(g: Writer, at: str, hidden: str, bias: str, shapes: Shapes, layer: Layer) -> str:
    def by_head(part: str, axes: list[int]) -> str:
        return g.op("Transpose", [g.op("Reshape", [part, shapes.heads], f"{part}.heads")], f"{part}.turned", perm=axes)

    fused = linear(g, f"{at}.qkv", hidden, layer.query_key_value)
    query, key, value = g.op("Split", [fused], f"{at}.part", outputs=3, axis=-1, num_outputs=3)
    match = g.op("MatMul", [by_head(query, [0, 2, 1, 3]), by_head(key, [0, 2, 3, 1])], f"{at}.match")
    shares = g.op("Softmax", [g.op("Add", [match, bias], f"{at}.scores")], f"{at}.shares", axis=-1)
    context = g.op("MatMul", [shares, by_head(value, [0, 2, 1, 3])], f"{at}.context")
    by_token = g.op("Transpose", [context], f"{at}.by_token", perm=[0, 2, 1, 3])
    output = linear(g, f"{at}.output", g.op("Reshape", [by_token, shapes.rows], f"{at}.rows"), layer.attention_output)
    return norm(g, at, g.op("Add", [output, hidden], f"{at}.residual"), layer.attention_norm)


def feed_forward(g: Writer, at: str, hidden: str, layer: Layer) -> str:
    wide = linear(g, f"{at}.intermediate", hidden, layer.intermediate)
    active = g.op("Gelu", [wide], f"{at}.gelu", approximate="none")  # By erf, as trained; never the tanh approximation.
    output = linear(g, f"{at}.output", active, layer.output)
    return norm(g, at, g.op("Add", [output, hidden], f"{at}.residual"), layer.output_norm)


def pool(g: Writer, hidden: str, mask: str) -> None:
    """A sum is enough: normalising divides by the vector's length, so the mean's division by the count drops out."""
    row = g.op("Unsqueeze", [mask, g.ints(1)], "pool.row")
    total = g.op("Squeeze", [g.op("MatMul", [row, hidden], "pool.sum"), g.ints(1)], "pool")
    length = g.op("ReduceL2", [total, g.ints(-1)], "pool.norm", keepdims=1)
    floor = g.constant("norm.epsilon", np.array([NORM_EPSILON], np.float32))
    g.op("Div", [total, g.op("Max", [length, floor], "pool.safe_norm")], "sentence_embedding")


def linear(g: Writer, at: str, x: str, layer: Affine) -> str:
    return g.op("Gemm", [x, g.weight(f"{at}.weight", layer.scale), g.constant(f"{at}.bias", layer.shift)], at)


def norm(g: Writer, at: str, x: str, layer: Affine) -> str:
    """Add and LayerNormalization stay two nodes: the fused contrib operator is four times slower on a CPU."""
    inputs = [x, g.constant(f"{at}.norm.weight", layer.scale), g.constant(f"{at}.norm.bias", layer.shift)]
    return g.op("LayerNormalization", inputs, f"{at}.norm", axis=-1, epsilon=LAYER_NORM_EPSILON)
