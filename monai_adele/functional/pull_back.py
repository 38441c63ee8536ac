"""Bring values of an augmented image back to the grid it was made from."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["pull_back"]


def pull_back(values: Tensor, to_augmented: Tensor, shape: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Sample values of an augmented grid at the voxels of the grid before the augmentation.

    One linear interpolation. With ``A`` and ``B`` the affines of the image before and after,
    ``to_augmented`` is ``inverse(B) @ A``.

    Args:
        values: values on the augmented grid, ``(K, *spatial)`` in 2D or 3D, floating point.
        to_augmented: homogeneous matrix ``(d + 1, d + 1)`` from voxel index before the
            augmentation to voxel index after it.
        shape: spatial shape before the augmentation, ``d`` numbers.

    Returns:
        The values at each voxel, ``(K, *shape)`` float32, and where the voxel lies inside the
        augmented grid, ``(*shape)`` bool. Values outside are of no meaning.

    Raises:
        ValueError: if the numbers of dimensions do not agree.

    Example:
        >>> values = torch.arange(4.0).reshape(1, 2, 2)
        >>> flip = torch.tensor([[-1.0, 0, 1], [0, 1, 0], [0, 0, 1]])
        >>> pull_back(values, flip, (2, 2))[0].tolist()
        [[[2.0, 3.0], [0.0, 1.0]]]
    """
    dims = len(shape)
    if values.ndim != dims + 1 or tuple(to_augmented.shape) != (dims + 1, dims + 1):
        raise ValueError(
            f"pull_back: found values {tuple(values.shape)}, matrix {tuple(to_augmented.shape)}, "
            f"shape {tuple(shape)}; expected (K, *spatial), (d + 1, d + 1) and d numbers"
        )
    size = torch.tensor(values.shape[1:], dtype=torch.float64)
    index = torch.stack(torch.meshgrid(*(torch.arange(n) for n in shape), indexing="ij"), dim=-1).double()
    matrix = to_augmented.double().cpu()
    place = index @ matrix[:dims, :dims].T + matrix[:dims, dims]
    known = ((place >= -0.5) & (place <= size - 0.5)).all(dim=-1)
    # grid_sample takes -1 .. 1 from the border of the first voxel to that of the last, last axis first
    grid = ((place + 0.5) / size * 2 - 1).flip(-1).float().to(values.device)
    sampled = F.grid_sample(values[None].float(), grid[None], padding_mode="border", align_corners=False)
    return sampled[0], known.to(values.device)
