import numpy as np
import pytest
import scipy.ndimage


@pytest.fixture
def organs():
    """Asymmetric maps of three classes and an ignored patch: in 2D, in 3D on an anisotropic grid."""

    def blobs(shape, seed):
        rng = np.random.default_rng(seed)
        fields = [scipy.ndimage.gaussian_filter(rng.normal(size=shape), 3) for _ in range(4)]
        label = np.argmax(np.stack(fields) * [[[1.3]], [[1]], [[1]], [[1]]] if len(shape) == 2 else fields, 0)
        label[(slice(0, 3),) * len(shape)] = 255
        return label.astype(np.uint8)

    return {2: (blobs((30, 22), 3), (1.0, 1.5)), 3: (blobs((18, 22, 14), 0), (2.0, 1.0, 1.0))}
