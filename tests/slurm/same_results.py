"""What has to be equal wherever it is made."""

from __future__ import annotations

from clone import Clone


def results(clone: Clone) -> dict[str, bytes]:
    """Metadata and values of all datasets, by the path of the file."""
    files = [*clone.results().glob("*/*/*.ant/metadata_*.json")]
    files += clone.results().glob("*/*/*.ant/data_*.parquet")
    return {file.relative_to(clone.root).as_posix(): file.read_bytes() for file in files}
