"""What each noise model does, on the phantom."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from monai_adele.noise import (
    AffineJitter,
    Annotator,
    BoundaryWalk,
    Box,
    Confuse,
    Dabs,
    Dilate,
    ElasticContour,
    Ellipse,
    EndSlices,
    Erode,
    FlipClass,
    Invent,
    NoiseModel,
    Omit,
    PerSlice,
    Polygonize,
    RedrawnContour,
    Scribble,
    Sequence,
    Shift,
    SliceJitter,
    SparseSlices,
    ToDice,
    UnderOverSegment,
    noise_to_config,
)
from monai_adele.phantom import make_phantom
from monai_adele.phantom.phantom import Phantom
from monai_adele.visualize.figure_file import add_panels, new_figure
from monai_adele.visualize.palette import class_style
from monai_adele.visualize.slice_view import draw_contours, frame_slice, show_slice

__all__ = ["noise_gallery"]

_COLUMNS = 5
_CLASSES = ("esophagus", "heart", "trachea", "aorta")
_WINDOW = (-300.0, 700.0)  # darker than usual, so that lines stand out
_GIVEN = "#FFFFFF"
_ALONG = (PerSlice, SliceJitter, SparseSlices, EndSlices)


def noise_gallery(models: Iterable[NoiseModel] | None = None, *, seed: int = 0) -> Figure:
    """Draw the given contours of a phantom, white, and what noise models make of them, in colours.

    Models that change along the drawing axis (``PerSlice``, ``SliceJitter``, ``SparseSlices``,
    ``EndSlices``) are shown in a coronal slice of a volume, the drawing axis upwards, the others in an
    axial slice.

    Args:
        models: what to show; None for an example of every model of this package.
        seed: of their draws.

    Returns:
        A figure with a panel for each model.

    Raises:
        ValueError: if there are no models.
    """
    models = _examples() if models is None else list(models)
    if not models:
        raise ValueError("models is empty, expected at least one noise model")
    rows = -(-len(models) // _COLUMNS)
    figure = new_figure(2.15 * _COLUMNS, 2.65 * rows + 0.4)
    panels = add_panels(figure, len(models), columns=_COLUMNS)
    phantoms = {along: _phantom(along) for along in {isinstance(noise, _ALONG) for noise in models}}
    for axes, noise in zip(panels, models, strict=True):
        _draw_panel(axes, noise, phantoms[isinstance(noise, _ALONG)], np.random.default_rng(seed))
    lines = [Line2D([], [], color=_GIVEN, linewidth=1.2, label="given label")]
    for class_id, name in enumerate(_CLASSES, start=1):
        color, style = class_style(class_id)
        lines.append(Line2D([], [], color=color, linestyle=style, linewidth=2.2, label=f"noisy label: {name}"))
    figure.legend(handles=lines, loc="outside lower center", ncols=5, facecolor="#262626", labelcolor="white")
    return figure


def _phantom(along: bool) -> Phantom:
    return make_phantom(0, spatial_dims=3, size=(128, 96, 48)) if along else make_phantom(1, size=(192, 192))


def _draw_panel(axes: Axes, noise: NoiseModel, phantom: Phantom, rng: np.random.Generator) -> None:
    image, label, spacing = phantom
    maps: list[NDArray[Any]] = [image, label, noise(label, spacing, rng)]
    if label.ndim == 3:
        maps = [array[:, array.shape[1] // 2] for array in maps]
        spacing = (spacing[0], spacing[2])
    show_slice(axes, maps[0], spacing=spacing, window=_WINDOW)
    num_classes = len(_CLASSES) + 1
    draw_contours(axes, maps[1], num_classes=num_classes, spacing=spacing, linewidth=1.0, color=_GIVEN)
    draw_contours(axes, maps[2], num_classes=num_classes, spacing=spacing, linewidth=1.7)
    frame_slice(axes, maps[1] > 0, spacing=spacing, margin=0.1)
    axes.set_title(type(noise).__name__, fontsize=11, fontweight="bold")
    axes.set_xlabel(_caption(noise), fontsize=7.5)


def _caption(noise: NoiseModel) -> str:
    """The arguments of a model, on one or two lines."""
    arguments = noise_to_config(noise).items()
    parts = [f"{name}={_short(value)}" for name, value in arguments if name != "_target_"]
    lines = textwrap.wrap(", ".join(parts), 32) or [""]
    return "\n".join(lines[:2]) + ("…" if len(lines) > 2 else "")


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return str(value["_target_"]).rpartition(".")[2]
    if isinstance(value, list) and isinstance(value[0], dict):
        return ", ".join(map(_short, value))
    if isinstance(value, list) and len(value) == 2 and value[0] == value[1]:
        return str(value[0])
    if isinstance(value, list) and len(value) == 2 and value[0] == -value[1]:
        return f"±{value[1]}"
    return str(value)


def _examples() -> list[NoiseModel]:
    elastic = ElasticContour(amplitude_mm=3, correlation_mm=20)
    left = AffineJitter(translation_mm=6)
    return [
        Erode(radius_mm=4),
        Dilate(radius_mm=4),
        UnderOverSegment(relative=[0.22]),
        AffineJitter(rotation_deg=15, translation_mm=6),
        Shift(distance_mm=9, rotation_deg=5),
        elastic,
        RedrawnContour(offset_mm=2, wobble_mm=2, correlation_mm=12),
        BoundaryWalk(steps=80, expansion=0.7, flip=0.05, blur_voxels=1),
        Polygonize(tolerance_mm=4, jitter_mm=1.5),
        Dabs(radius_mm=(0, 5), share=0.2),
        Omit(chance=0.5, of="component"),
        Invent(radius_mm=(4, 9), count=9),
        Confuse(first=1, second=4),
        FlipClass(chance=0.9, of="component"),
        Scribble(width_mm=3),
        Box(margin_mm=2),
        Ellipse(),
        ToDice(noise=elastic, target=0.75),
        Annotator(seed=0, bias=left),
        Annotator(seed=3, bias=Dilate(radius_mm=4), scatter=elastic),
        Sequence([Erode(radius_mm=2), Polygonize(tolerance_mm=4)]),
        PerSlice(elastic),
        SliceJitter(radius_mm=(0, 4), translation_mm=5),
        SparseSlices(every=8),
        EndSlices(chance=1, more=0.6),
    ]
