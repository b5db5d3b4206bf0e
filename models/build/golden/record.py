"""
Records the golden vectors: what sentence-transformers itself says about the golden texts. Run by hand, once; see
../README.md. It shares nothing with our graph but the checkpoint, which is the point.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from texts import TEXTS

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))

from fetch_weights import fetch  # noqa: E402
from manifest import write_manifest  # noqa: E402

PACKAGE = HERE.parents[1] / "all-MiniLM-L6-v2"
MAX_TOKENS = 256
PROBE_TEXTS = 8
PROBE_MAX_TOKENS = 16
MIN_TEXTS = 64
NO_LIMIT = 1_000_000


def record() -> None:
    torch.set_num_threads(1)  # One order of summation: the same bytes on the next run on the same machine.
    model = SentenceTransformer(str(fetch(HERE.parent / ".cache")), device="cpu")
    model.max_seq_length = MAX_TOKENS
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}

    texts = [describe(model, text) for text in TEXTS]
    check(texts)
    vectors = np.stack([model.encode(text, batch_size=1, show_progress_bar=False) for text in TEXTS]).astype("<f4")
    assert vectors.shape == (len(texts), 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)

    golden = {
        "model": "sentence-transformers/all-MiniLM-L6-v2",
        "recordedWith": {name: version(name) for name in ("sentence-transformers", "torch", "transformers")},
        "texts": texts,
    }
    # Escaped to ASCII: many of these characters are invisible, or turn the line around them.
    (PACKAGE / "golden.json").write_text(json.dumps(golden, indent=2) + "\n", "utf-8", newline="\n")
    (PACKAGE / "golden.f32").write_bytes(vectors.tobytes())
    write_manifest(PACKAGE)


def describe(model: SentenceTransformer, text: str) -> dict:
    """Counts the tokens that reach the encoder, and what they would have been without a limit."""
    read = int(model.preprocess([text])["attention_mask"].sum())
    return {"text": text, "tokens": read, "truncated": untruncated(model, text) > read}


def untruncated(model: SentenceTransformer, text: str) -> int:
    return len(model.tokenizer(text, truncation=False, padding=False, max_length=NO_LIMIT)["input_ids"])


def check(texts: list[dict]) -> None:
    """The list's own rules, and the trap: the tokenizer file's cut at 128 and padding to 128 must not be in force."""
    tokens = [entry["tokens"] for entry in texts]
    assert len(texts) >= MIN_TEXTS and len({entry["text"] for entry in texts}) == len(texts)
    assert max(tokens[:PROBE_TEXTS]) <= PROBE_MAX_TOKENS, tokens[:PROBE_TEXTS]
    assert max(tokens) == MAX_TOKENS and min(tokens) < 8, (min(tokens), max(tokens))
    assert {254, 255, 256} <= set(tokens)
    assert all(entry["tokens"] == MAX_TOKENS for entry in texts if entry["truncated"])
    assert any(entry["truncated"] for entry in texts)


if __name__ == "__main__":
    record()
