"""Writes manifest.json: what the model is, and the size and checksum of every file that a loader reads."""

import json
from pathlib import Path

from fetch_weights import CHECKSUMS, sha256

FILES = ("model.onnx", "tokenizer.json", "golden.json", "golden.f32")


def write_manifest(package: Path) -> None:
    """Files that are not there yet (the goldens, before they are recorded for the first time) are left out."""
    present = [name for name in FILES if (package / name).exists()]
    manifest = {
        "manifestVersion": 1,
        "name": "all-MiniLM-L6-v2",
        "revision": CHECKSUMS["model.safetensors"][:16],
        "license": "Apache-2.0",
        "dims": 384,
        "maxTokens": 256,
        "pooling": "mean",
        "normalized": True,
        "prompts": {},
        "matryoshkaDims": [],
        "tokenizer": "tokenizer.json",
        "tiers": {"reference": {"graph": "model.onnx", "poolingInGraph": True, "normalizationInGraph": True}},
        "golden": {"texts": "golden.json", "vectors": "golden.f32"},
        "files": {
            name: {"bytes": (package / name).stat().st_size, "sha256": sha256(package / name)} for name in present
        },
    }
    (package / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", "utf-8", newline="\n")
