"""Templates and the one way a page is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dspant.dataset.atomic import written_whole
from dspant.report import TEMPLATES, numbers


def render(template: str, **values: Any) -> str:
    """Fill a template; all values are escaped, and a name it does not know is an error."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "counted": numbers.counted,
        "duration": numbers.duration,
        "quantity": numbers.quantity,
        "rate": numbers.rate,
        "share": numbers.share,
        "significant": numbers.significant,
        "unit": numbers.readable_unit,
    }
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    return environment.get_template(template).render(
        style=Markup(style),  # noqa: S704 - our own file
        **values,
    )


def write_page(path: Path, text: str) -> None:
    """Write a page, whole."""
    with written_whole(path) as draft:
        draft.write_text(text, encoding="utf-8")
