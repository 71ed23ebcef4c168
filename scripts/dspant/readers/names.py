"""Which store of a raw block a name in the config means."""

from __future__ import annotations

from collections.abc import Iterable

from dspant.dataset.folder import store_folder_name


def resolved(name: str, stores: Iterable[str]) -> str | None:
    """The store a name means: the one called so, else the only one whose folder is called so."""
    known = list(stores)
    if name in known:
        return name
    cleaned = [store for store in known if store_folder_name(store) == name]
    return cleaned[0] if len(cleaned) == 1 else None


def folder_clashes(names: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Folders that more than one of these stores would share, with the stores."""
    by_folder: dict[str, list[str]] = {}
    for name in names:
        by_folder.setdefault(store_folder_name(name), []).append(name)
    return [(folder, stores) for folder, stores in by_folder.items() if len(stores) > 1]
