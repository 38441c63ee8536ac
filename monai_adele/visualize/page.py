"""Pages that are one file: templates, styles and pictures in it, nothing loaded from anywhere."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import jinja2
from matplotlib import rc_context
from matplotlib.figure import Figure

import monai_adele

__all__ = ["png_uri", "render_page", "svg_uri"]

_TEMPLATES = Path(__file__).parent / "templates"


def render_page(template: str, *, title: str, subtitle: str, **values: Any) -> bytes:
    """Fill in a template of this package; every text is escaped.

    Args:
        template: name of the file.
        title: of the page.
        subtitle: line below.
        values: what the template asks for; all of it.

    Returns:
        HTML in UTF-8.

    Raises:
        jinja2.UndefinedError: if a value is missing.

    Example:
        >>> b"<h1>a &lt;b&gt;</h1>" in render_page("page.html.j2", title="a <b>", subtitle="")
        True
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False, "separators": (",", ":"), "allow_nan": False}
    page = environment.get_template(template)
    return page.render(title=title, subtitle=subtitle, version=monai_adele.__version__, **values).encode()


def svg_uri(figure: Figure) -> str:
    """Return a figure as a data URI of SVG, its text as outlines; the same figure gives the same text.

    Args:
        figure: what to draw.
    """
    file = io.BytesIO()
    with rc_context({"svg.hashsalt": "monai_adele"}):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return "data:image/svg+xml;base64," + base64.b64encode(file.getvalue()).decode()


def png_uri(figure: Figure, *, dpi: int = 100) -> str:
    """Return a figure as a data URI of PNG.

    Args:
        figure: what to draw.
        dpi: dots an inch.
    """
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=dpi, metadata={"Software": None})
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
