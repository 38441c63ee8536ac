"""Lay the corrections of a label store over the given labels."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from monai.config import KeysCollection
from monai.transforms import MapTransform, RandomizableTrait

from monai_adele.errors import StoreError
from monai_adele.store import LabelStore

__all__ = ["LABEL_VERSION", "CurrentLabeld"]

LABEL_VERSION = "label_version"


class CurrentLabeld(MapTransform, RandomizableTrait):
    """Replace the given label by the current one: with the case's newest correction laid over it.

    Belongs after the deterministic transforms and before the random ones. It draws nothing, but
    bears MONAI's ``RandomizableTrait``, at which caching datasets stop caching: so every epoch gets
    the newest label, in a new tensor, with any number of workers, persistent or not. The item also
    gets ``"label_version"``, the version of the store that its label is of, by which
    :class:`monai_adele.handlers.LabelCorrector` knows labels that something has kept.

    Args:
        keys: key of the given label, ``(1, *spatial)`` or ``(*spatial)``; type, dtype and metadata
            are kept.
        store: where the corrections are.
        case_id_key: key of the case id.
        allow_missing_keys: do nothing for an item without label, as in inference.

    Raises:
        StoreError: when called: if the item has no case id, or its correction was made for another
            label or is damaged.

    Example:
        >>> import tempfile, torch
        >>> transform = CurrentLabeld("label", LabelStore(tempfile.mkdtemp()))
        >>> transform({"label": torch.tensor([[0, 1]]), "case_id": "liver_042"})["label"]
        tensor([[0, 1]])
    """

    def __init__(
        self,
        keys: KeysCollection,
        store: LabelStore,
        *,
        case_id_key: str = "case_id",
        allow_missing_keys: bool = False,
    ) -> None:
        super().__init__(keys, allow_missing_keys)
        self.store = store
        self.case_id_key = case_id_key

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Return the item with its current label.

        Args:
            data: item with the label and the case id.
        """
        item = dict(data)
        version = None
        for key in self.key_iterator(item):
            if self.case_id_key not in item:
                raise StoreError(
                    f"CurrentLabeld: found an item without {self.case_id_key!r}, expected the case's id "
                    "there; keep that key through the transforms before"
                )
            version = item[LABEL_VERSION] = self.store.version if version is None else version
            item[key] = self.store.current_label(item[self.case_id_key], item[key], version=version)
        return item
