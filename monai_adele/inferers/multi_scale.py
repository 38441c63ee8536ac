"""Apply a network to an image at several scales."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from monai.inferers import Inferer, SimpleInferer
from monai.utils import convert_to_dst_type, convert_to_tensor
from torch import Tensor

__all__ = ["MultiScaleInferer"]

_MISMATCH = "Sizes of tensors must match"  # of a skip connection, where a size is no multiple of the strides
_LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}


class MultiScaleInferer(Inferer):
    """Apply a network to rescaled copies of its input; the answers come on the input's grid.

    While the network trains, the answer is the list of its logits, one tensor a scale, the
    native scale first: MONAI's trainer hands that list to the loss, as it does for deep
    supervision, and :class:`monai_adele.losses.AdeleLoss` takes it. While the network is
    evaluated, it is one tensor: the log of the probabilities' mean over the scales, so that a
    softmax or an argmax after it does what it does after logits. With the native scale alone,
    without flips, it is the network's own logits, divided by the temperature.

    Liu et al. (CVPR 2022) use scales 0.7, 1 and 1.5. Many networks refuse sizes that are not
    multiples of a divisor, or small ones: rescaled sizes are rounded to such multiples, and not made
    smaller than twice the divisor or ``min_size``; at the native scale the input is extended by
    repeating its border, and the answer cut back.

    Args:
        scales: factors of the spatial size, each above 0 and once; must hold 1.
        inferer: how the network is applied while evaluating, for example MONAI's
            ``SlidingWindowInferer`` or ``SliceInferer``; the scales are applied inside each
            window. Default ``SimpleInferer()``. Not used while training.
        divisor: what the rescaled sizes are multiples of, for a U-Net the product of its strides.
        min_size: the least size that the network sees, in voxels along each axis, a multiple of
            the divisor; default the divisor.
        flip_axes: spatial axes, 0 the first, along which each scale is flipped and asked once more, one axis
            at a time, while evaluating; the probabilities' mean is over these answers, too.
        temperature: what logits are divided by while evaluating, before the softmax, above 0: that of the
            loss, where it has one.
        side_scales: how many of the scales beside 1 are asked in a training step, drawn anew in each; None
            asks all. Evaluating asks all.
        side_share: share of the training steps in which scales beside 1 are asked, in ``(0, 1]``, drawn step by
            step: 0.5 is every second step in the mean. The other steps answer a list of one, and cost what
            plain training does.
        side_gradient: False asks the scales beside 1 without gradient: they teach the native scale, and are
            not taught.

    What is drawn comes from torch's own generator of the CPU, which
    :class:`monai_adele.handlers.EpochSeeder` seeds in each step: resumed runs draw the same.

    Raises:
        ValueError: if the scales are empty, not positive, repeated or without 1, the divisor is
            below 1, the least size is not a multiple of it, a flipped axis is negative or comes twice, the
            temperature is not positive, or there are not as many side scales, or no such share.

    Example:
        >>> network = torch.nn.Conv2d(1, 3, 1)
        >>> inferer = MultiScaleInferer([0.5, 1.0])
        >>> [tuple(logits.shape) for logits in inferer(torch.zeros(2, 1, 8, 8), network)]
        [(2, 3, 8, 8), (2, 3, 8, 8)]
        >>> tuple(inferer(torch.zeros(2, 1, 8, 8), network.eval()).shape)
        (2, 3, 8, 8)
    """

    def __init__(
        self,
        scales: Sequence[float] = (1.0,),
        *,
        inferer: Inferer | None = None,
        divisor: int = 1,
        min_size: int | None = None,
        flip_axes: Sequence[int] = (),
        temperature: float = 1.0,
        side_scales: int | None = None,
        side_share: float = 1.0,
        side_gradient: bool = True,
    ) -> None:
        super().__init__()
        scales = [float(scale) for scale in scales]
        if 1.0 not in scales or len(set(scales)) < len(scales) or not all(scale > 0 for scale in scales):
            raise ValueError(f"scales: found {scales}, expected positive factors, each once, among them 1")
        if divisor < 1 or (min_size is not None and (min_size < divisor or min_size % divisor)):
            raise ValueError(f"divisor {divisor}, min_size {min_size}: expected 1 or more, and a multiple of it")
        if len(set(flip_axes)) < len(flip_axes) or not all(axis >= 0 for axis in flip_axes):
            raise ValueError(f"flip_axes: found {list(flip_axes)}, expected different axes, 0 the first")
        if not temperature > 0:
            raise ValueError(f"temperature: found {temperature}, expected a number above 0")
        if side_scales is not None and not 1 <= side_scales < len(scales):
            raise ValueError(f"side_scales: found {side_scales}, expected None or 1 to {len(scales) - 1}")
        if not 0 < side_share <= 1:
            raise ValueError(f"side_share: found {side_share}, expected a number above 0, at most 1")
        self.scales = [1.0, *(scale for scale in scales if scale != 1.0)]
        self.inferer = SimpleInferer() if inferer is None else inferer
        self.divisor = divisor
        self.min_size = divisor if min_size is None else min_size
        self.flip_axes = tuple(flip_axes)
        self.temperature = temperature
        self.side_scales = len(scales) - 1 if side_scales is None else side_scales
        self.side_share = side_share
        self.side_gradient = side_gradient

    def __call__(
        self, inputs: Tensor, network: Callable[..., Tensor], *args: Any, **kwargs: Any
    ) -> Tensor | list[Tensor]:
        """Apply the network.

        Args:
            inputs: images, ``(B, C, *spatial)``, floating point.
            network: maps ``(B, C, *spatial)`` to logits ``(B, classes, *spatial)``.
            args: handed to the network.
            kwargs: handed to the network.

        Returns:
            While training, a list of logits, one tensor ``(B, classes, *spatial)`` a scale that was asked,
            the native first; while evaluating, one such tensor, with the metadata of the inputs if they are a
            MetaTensor.

        Raises:
            ValueError: if the network refuses a size: with the scale, the size and the least one.
        """
        if getattr(network, "training", False):
            return self._logits(inputs, network, *args, sides=self._drawn_sides(), **kwargs)
        answer = self.inferer(inputs, lambda window: self._merged(window, network, *args, **kwargs))
        kept: Tensor = convert_to_dst_type(answer, inputs, dtype=answer.dtype, device=answer.device)[0]
        return kept

    def _drawn_sides(self) -> list[float]:
        """The scales beside 1 of a training step."""
        sides = self.scales[1:]
        if self.side_share < 1 and float(torch.rand(())) >= self.side_share:
            return []
        if self.side_scales == len(sides):
            return sides
        return [sides[n] for n in sorted(torch.randperm(len(sides))[: self.side_scales].tolist())]

    def _logits(
        self,
        inputs: Tensor,
        network: Callable[..., Tensor],
        *args: Any,
        sides: Sequence[float] | None = None,
        **kwargs: Any,
    ) -> list[Tensor]:
        inputs = convert_to_tensor(inputs, track_meta=False)  # metadata costs time at each layer
        logits = [self._native(inputs, network, *args, **kwargs)]
        with torch.set_grad_enabled(self.side_gradient and torch.is_grad_enabled()):
            for scale in self.scales[1:] if sides is None else sides:
                logits.append(self._side(inputs, scale, network, *args, **kwargs))
        return logits

    def _side(self, inputs: Tensor, scale: float, network: Callable[..., Tensor], *args: Any, **kwargs: Any) -> Tensor:
        mode = _LINEAR[inputs.ndim - 2]
        grid = tuple(inputs.shape[2:])
        small = F.interpolate(inputs, size=[self._rescaled(n, scale) for n in grid], mode=mode, align_corners=False)
        answer = self._asked(small, scale, grid, network, *args, **kwargs)
        return F.interpolate(answer, size=grid, mode=mode, align_corners=False)

    def _native(self, inputs: Tensor, network: Callable[..., Tensor], *args: Any, **kwargs: Any) -> Tensor:
        grid = tuple(inputs.shape[2:])
        missing = [max(-n % self.divisor, self.min_size - n) for n in grid]
        if not any(missing):
            return self._asked(inputs, 1.0, grid, network, *args, **kwargs)
        ends = [side for n in reversed(missing) for side in (0, n)]
        extended = F.pad(inputs, ends, mode="replicate")
        answer = self._asked(extended, 1.0, grid, network, *args, **kwargs)
        for axis, n in enumerate(grid, start=2):
            answer = answer.narrow(axis, 0, n)
        return answer

    def _asked(
        self, inputs: Tensor, scale: float, grid: tuple[int, ...], network: Callable[..., Tensor], *args: Any, **kw: Any
    ) -> Tensor:
        """The network's answer, or its refusal with the scale at which it refused."""
        try:
            return network(inputs, *args, **kw)
        except (ValueError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and _MISMATCH not in str(error):
                raise
            size = list(inputs.shape[2:])
            raise ValueError(
                f"scale {scale:g}: the network refused {size} voxels, made of {list(grid)}; expected a size that it "
                f"takes (here a multiple of divisor {self.divisor}, at least min_size {self.min_size}): {error}; "
                "take larger patches, leave the scale out, or set divisor and min_size to the network's"
            ) from error

    def _merged(self, inputs: Tensor, network: Callable[..., Tensor], *args: Any, **kwargs: Any) -> Tensor:
        logits = self._logits(inputs, network, *args, **kwargs)
        for axis in self.flip_axes:
            flipped = self._logits(inputs.flip(2 + axis), network, *args, **kwargs)
            logits += [answer.flip(2 + axis) for answer in flipped]
        if self.temperature != 1:
            logits = [answer / self.temperature for answer in logits]
        if len(logits) == 1:
            return logits[0]
        log_probs = torch.stack([x.float().log_softmax(dim=1) for x in logits])
        return log_probs.logsumexp(dim=0) - math.log(len(logits))

    def _rescaled(self, size: int, scale: float) -> int:
        native = -(-size // self.divisor) * self.divisor
        return max(round(size * scale / self.divisor) * self.divisor, min(native, 2 * self.divisor), self.min_size)
