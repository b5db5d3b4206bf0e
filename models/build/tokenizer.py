"""Writes the tokenizer file we ship: upstream's, without its settings for cutting and padding.

Upstream's file says "cut at 128 tokens, pad to 128". Both are wrong here. The model's limit is 256 tokens
(`max_seq_length` of sentence_bert_config.json, which sentence-transformers obeys), and padding to a fixed length
would multiply the work of a short text by eight: lengths are the batcher's job.
"""

import json
from pathlib import Path


def write_tokenizer(upstream: Path, target: Path) -> None:
    settings = json.loads((upstream / "tokenizer.json").read_text("utf-8"))
    settings["truncation"] = None
    settings["padding"] = None
    target.write_text(json.dumps(settings, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8", newline="\n")
