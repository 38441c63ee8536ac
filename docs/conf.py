"""Sphinx: the pages of this folder, and the reference from the docstrings. ``nox -s docs`` builds them, offline."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from sphinx.util import logging

import monai_adele

project = "monai_adele"
author = copyright = "the monai_adele contributors"
release = version = monai_adele.__version__

extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
html_theme = "alabaster"
html_theme_options = {"page_width": "1100px", "fixed_sidebar": True}
html_show_sourcelink = False

autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
napoleon_numpy_docstring = False
myst_heading_anchors = 3
suppress_warnings = ["myst.xref_missing"]  # links to files beside these pages; tests/test_readme.py looks for them

nitpicky = True  # what is referred to must exist, as far as it is ours and public: nothing is looked up elsewhere
nitpick_ignore_regex = [("py:.*", r"(?!monai_adele\.\w+\.\w+$).*")]


def setup(app: Any) -> None:
    """Let the build fail where a public name is missing."""
    app.connect("env-check-consistency", warn_of_missing_names)


def warn_of_missing_names(app: Any, environment: Any) -> None:
    """Warn, and with ``-W`` fail, of public names of the package that no page documents."""
    documented = set(environment.get_domain("py").objects)
    missing = sorted(public_names() - documented)
    if missing:
        logging.getLogger(__name__).warning("public names without a page: %s", ", ".join(missing))


def public_names() -> set[str]:
    """All names in ``__all__`` of the subpackages, and of ``monai_adele.errors``."""
    names = set()
    for module in pkgutil.iter_modules(monai_adele.__path__, "monai_adele."):
        if module.ispkg or module.name == "monai_adele.errors":
            public = getattr(importlib.import_module(module.name), "__all__", [])
            names |= {f"{module.name}.{name}" for name in public}
    return names
