"""A reader and a writer of datasets, written from docs/reference/file-format.md alone.

Nothing of dspAnt is imported here. Parquet's footer comes from pyarrow; values of streams are read
from a memory map, at the offsets that the page gives.
"""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

PHYSICAL = {"FLOAT": "<f4", "DOUBLE": "<f8", "INT32": "<i4", "INT64": "<i8"}

MARK = {b"dspant.layout": b"plain-one-page"}


def files(folder: Path) -> tuple[Path, Path, Path]:
    name = folder.name.removesuffix(".ant")
    return (
        folder / f"data_{name}.parquet",
        folder / f"provenance_{name}.json",
        folder / f"metadata_{name}.json",
    )


def metadata(folder: Path) -> dict[str, Any]:
    return json.loads(files(folder)[2].read_text(encoding="utf-8"))


def row_group_rows(channels: int, itemsize: int) -> int:
    return min(max(32 * 2**20 // (channels * itemsize), 65536), 262144)


def mapped_samples(folder: Path) -> list[np.ndarray]:
    """Stored values of each channel, from the bytes of a file in the mapped layout."""
    data, base = files(folder)[0], metadata(folder)["base"]
    footer = pq.ParquetFile(data).metadata
    assert MARK.items() <= footer.metadata.items()
    content = np.memmap(data, dtype=np.uint8, mode="r")
    parts: list[list[np.ndarray]] = [[] for _ in base["channel_names"]]
    for group in range(footer.num_row_groups):
        for column, dtype in enumerate(base["channel_types"]):
            chunk = footer.row_group(group).column(column)
            stored = PHYSICAL[chunk.physical_type]
            begin = chunk.data_page_offset
            end = begin + chunk.total_compressed_size
            size = chunk.num_values * np.dtype(stored).itemsize
            header = page_header(size, chunk.num_values)
            assert content[begin : begin + len(header)].tobytes() == header
            values = content[end - size : end].view(stored)
            parts[column].append(values.astype(dtype))
    return [
        np.concatenate([np.empty(0, t), *p])
        for t, p in zip(base["channel_types"], parts, strict=True)
    ]


def page_header(size: int, count: int) -> bytes:
    """Bytes that a page's header begins with: 15 00 15 S 15 S 2c 15 N 15 00."""
    s, n = varint(size), varint(count)
    return b"\x15\x00\x15" + s + b"\x15" + s + b"\x2c\x15" + n + b"\x15\x00"


def varint(value: int) -> bytes:
    zigzag, digits = value << 1, bytearray()
    while zigzag >= 0x80:
        digits.append(zigzag & 0x7F | 0x80)
        zigzag >>= 7
    return bytes([*digits, zigzag])


def in_units(folder: Path) -> np.ndarray:
    """Samples in the channels' units: (channels, samples), float64."""
    base = metadata(folder)["base"]
    scales = base.get("channel_scales", [1.0] * base["channel_numbers"])
    return np.stack([v * s for v, s in zip(mapped_samples(folder), scales, strict=True)])


def times(folder: Path) -> np.ndarray:
    """Time of each sample, in seconds from the start of the block."""
    document = metadata(folder)
    fs = document["base"]["fs"]
    runs = [start + np.arange(count) / fs for _, count, start in document["dspant"]["segments"]]
    return np.concatenate(runs)


def column_hash(values: Any, dtype: str) -> bytes:
    found = xxhash.xxh3_128(seed=0)
    if dtype == "string":
        for text in values:
            raw = text.encode("utf-8")
            found.update(struct.pack("<I", len(raw)) + raw)
    elif dtype == "bool":
        found.update(bytes(int(value) for value in values))
    else:
        number = np.dtype(dtype.split("[", maxsplit=1)[0]).newbyteorder("<")
        found.update(np.asarray(values, dtype=number).tobytes())
    return found.digest()


def digest(columns: dict[str, tuple[str, Any]]) -> str:
    """Digest of columns: dtype and values by name; lists of shape (rows, length)."""
    whole = xxhash.xxh3_128(seed=0)
    for name, (dtype, values) in columns.items():
        whole.update(name.encode("utf-8") + b"\0" + dtype.encode("ascii") + b"\0")
        whole.update(len(values).to_bytes(8, "little") + column_hash(values, dtype))
    return "xxh3:" + whole.hexdigest()


def stream_columns(folder: Path) -> dict[str, tuple[str, Any]]:
    base = metadata(folder)["base"]
    values = zip(base["channel_types"], mapped_samples(folder), strict=True)
    return dict(zip(base["channel_names"], values, strict=True))


def decoded_columns(folder: Path) -> dict[str, tuple[str, Any]]:
    """Columns of any dataset, through an ordinary Parquet reader."""
    base = metadata(folder)["base"]
    dtypes = (
        {name: column["dtype"] for name, column in base["columns"].items()}
        if "columns" in base
        else dict(zip(base["channel_names"], base["channel_types"], strict=True))
    )
    table = pq.read_table(files(folder)[0], partitioning=None)
    found = {}
    for name, dtype in dtypes.items():
        values = table[name].combine_chunks()
        if dtype == "string":
            found[name] = (dtype, values.to_pylist())
        elif "[" in dtype:
            length = int(dtype.partition("[")[2].rstrip("]"))
            found[name] = (dtype, values.flatten().to_numpy().reshape(-1, length))
        else:
            found[name] = (dtype, values.to_numpy(zero_copy_only=False))
    return found


def write_stream(
    folder: Path,
    values: dict[str, np.ndarray],
    *,
    fs: float,
    units: list[str],
    segments: list[list[float]],
    scales: list[float] | None = None,
) -> None:
    """Write a stream in the mapped layout."""
    dtypes = [x.dtype.name for x in values.values()]
    count = len(next(iter(values.values())))
    rows = row_group_rows(len(values), np.dtype(dtypes[0]).itemsize)
    schema = pa.schema(
        [
            pa.field(
                name,
                pa.from_numpy_dtype(x.dtype),
                nullable=False,
                metadata={"unit": unit, "scale": repr(scale)},
            )
            for (name, x), unit, scale in zip(
                values.items(), units, scales or [1.0] * len(values), strict=True
            )
        ],
        metadata={b"fs": repr(fs).encode()} | MARK,
    )
    base = {
        "name": folder.name.removesuffix(".ant"),
        "fs": fs,
        "number_of_samples": count,
        "data_shape": [len(values), count],
        "channel_numbers": len(values),
        "channel_names": list(values),
        "channel_types": dtypes,
        "channel_units": units,
    }
    if scales is not None:
        base["channel_scales"] = scales
    stated = dict(zip(values, zip(dtypes, values.values(), strict=True), strict=True))
    contract = {"kind": "stream", "segments": segments, "digest": digest(stated)}
    table = pa.table(list(values.values()), schema=schema)
    options = {"data_page_size": 2**31 - 1, "max_rows_per_page": rows, "write_batch_size": rows}
    _publish(folder, table, base, contract, row_group_size=rows, compression="none", **options)


def write_epoc(folder: Path, columns: dict[str, tuple[str, str, Any]]) -> None:
    """Write an epoc: dtype, unit and values of each column."""
    arrays, fields = [], []
    for name, (dtype, unit, values) in columns.items():
        if "[" in dtype:
            item = pa.field("item", pa.from_numpy_dtype(values.dtype), nullable=False)
            kind = pa.list_(item, values.shape[1])
            arrays.append(pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), type=kind))
        else:
            arrays.append(pa.array(values))
        fields.append(pa.field(name, arrays[-1].type, nullable=False, metadata={"unit": unit}))
    count = len(arrays[0])
    base = {
        "name": folder.name.removesuffix(".ant"),
        "number_of_events": count,
        "data_shape": [count],
        "columns": {
            name: {"dtype": dtype, "unit": unit, "meaning": ""}
            for name, (dtype, unit, _) in columns.items()
        },
    }
    stated = {name: (dtype, values) for name, (dtype, _, values) in columns.items()}
    contract = {"kind": "epoc", "digest": digest(stated)}
    table = pa.Table.from_arrays(arrays, schema=pa.schema(fields))
    _publish(folder, table, base, contract, row_group_size=65536, compression="none")


def _publish(
    folder: Path, table: pa.Table, base: dict[str, Any], contract: dict[str, Any], **layout: Any
) -> None:
    data, _, stated = files(folder)
    folder.mkdir(parents=True)
    draft = folder / f".tmp-{os.getpid()}-{data.name}"
    pq.write_table(table, draft, use_dictionary=False, **layout)
    draft.replace(data)
    contract = {"format": 1, **contract, "node": None, "steps": [], "inputs": {}}
    document = {"source": "elsewhere", "base": base, "other": {}, "dspant": contract}
    draft = folder / f".tmp-{os.getpid()}-{stated.name}"
    draft.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(stated)
