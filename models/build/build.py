"""Builds models/all-MiniLM-L6-v2 from upstream's weights. Same inputs, same bytes: see README.md."""

from pathlib import Path

import onnx

from fetch_weights import fetch
from graph import encoder
from manifest import write_manifest
from tokenizer import write_tokenizer
from weights import read_weights

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent / "all-MiniLM-L6-v2"


def build() -> None:
    upstream = fetch(HERE / ".cache")
    model = encoder(read_weights(upstream))
    onnx.checker.check_model(model, full_check=True)
    # protobuf promises a stable order of fields, not of map entries, unless it is asked for.
    (PACKAGE / "model.onnx").write_bytes(model.SerializeToString(deterministic=True))
    write_tokenizer(upstream, PACKAGE / "tokenizer.json")
    write_manifest(PACKAGE)


if __name__ == "__main__":
    build()
