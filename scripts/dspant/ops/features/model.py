"""Features from an autoregressive model of a window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dspant.errors import OperationError
from dspant.ops.features.feature import feature

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.features.batch import Batch


def _orders(params: Mapping[str, Any]) -> list[str]:
    return [str(k) for k in range(1, params["ar_order"] + 1)]


@feature("", uses=("ar_order",), suffixes=_orders)
def ar(w: Batch, ar_order: int) -> np.ndarray:
    """Autoregressive coefficients: a_k of x[n] + sum a_k x[n-k] = e[n], by Burg's method.

    Source: Burg's method as in Kay and Marple, Proc. IEEE 69 (1981) 1380.
    """
    import numpy as np

    if w.samples <= ar_order:
        raise OperationError(
            f"ar_order {ar_order} needs windows of more samples, and these have {w.samples}; "
            f"lengthen length_s or lower ar_order"
        )
    forward, backward = w.x[..., 1:], w.x[..., :-1]
    a = np.zeros((*w.x.shape[:-1], ar_order + 1))
    a[..., 0] = 1
    for order in range(1, ar_order + 1):
        power = (forward * forward + backward * backward).sum(axis=-1)
        reflection = (-2 * (forward * backward).sum(axis=-1) / power)[..., np.newaxis]
        a[..., : order + 1] += reflection * a[..., order::-1]
        ahead = forward + reflection * backward
        behind = backward + reflection * forward
        forward, backward = ahead[..., 1:], behind[..., :-1]
    return a[..., 1:]


@feature("", uses=("ar_order",), suffixes=_orders)
def cc(w: Batch, ar_order: int) -> np.ndarray:
    """Cepstral coefficients of ar: c_1 = -a_1, c_k = -a_k - sum_(l<k) (1 - l/k) a_l c_(k-l).

    Source: Kang et al., IEEE Trans. Biomed. Eng. 42 (1995) 777.
    """
    import numpy as np

    a = ar(w, ar_order)
    c = np.empty_like(a)
    for k in range(1, ar_order + 1):
        earlier = [(1 - lag / k) * a[..., lag - 1] * c[..., k - lag - 1] for lag in range(1, k)]
        c[..., k - 1] = -a[..., k - 1] - sum(earlier)
    return c
