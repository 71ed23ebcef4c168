"""Features of the form of a window's spectrum; see :mod:`dspant.ops.features.spectral`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dspant.errors import OperationError
from dspant.ops.features.spectral import mnf, mnp, spectral

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.features.batch import Batch


@spectral("Hz^2")
def vcf(w: Batch) -> np.ndarray:
    """Variance of central frequency: SM2 / SM0 - (SM1 / SM0)^2.

    Source: Phinyomark et al. (2012).
    """
    return ss(w)


@spectral("")
def sent(w: Batch) -> np.ndarray:
    """Spectral entropy: - sum p ln p, p = P / sum P.

    Source: Inouye et al., Electroencephalogr. Clin. Neurophysiol. 79 (1991) 204.
    """
    import numpy as np

    p = w.power / w.total_power[..., np.newaxis]
    return -(p * np.log(np.where(p == 0, 1.0, p))).sum(axis=-1)


@spectral("")
def flat(w: Batch) -> np.ndarray:
    """Spectral flatness: exp(mean ln P) / mean P, 1 for white noise without chance.

    Source: Johnston, IEEE J. Sel. Areas Commun. 6 (1988) 314.
    """
    import numpy as np

    return np.exp(np.log(w.power).mean(axis=-1)) / mnp(w)


@spectral("Hz")
def sc(w: Batch) -> np.ndarray:
    """Spectral centroid: sum f P / sum P; the same number as mnf.

    Source: Peeters, CUIDADO report (2004), 6.1.1.
    """
    return mnf(w)


@spectral("Hz")
def sbw(w: Batch) -> np.ndarray:
    """Spectral bandwidth: sqrt(sum (f - SC)^2 P / sum P), the root of ss.

    Source: Peeters, CUIDADO report (2004), 6.1.2.
    """
    import numpy as np

    return np.sqrt(ss(w))


@spectral("Hz^2")
def ss(w: Batch) -> np.ndarray:
    """Spectral spread: sum (f - SC)^2 P / sum P; the same number as vcf.

    Source: Peeters, CUIDADO report (2004), 6.1.2.
    """
    import numpy as np

    away = w.frequency_hz - mnf(w)[..., np.newaxis]
    return (w.power * away * away).sum(axis=-1) / w.total_power


@spectral("")
def sdec(w: Batch) -> np.ndarray:
    """Spectral decrease: sum over k > 1 of (P_k - P_1) / (k - 1), over sum over k > 1 of P_k.

    Source: Peeters, CUIDADO report (2004), 6.1.6.
    """
    import numpy as np

    later = w.power[..., 1:]
    falls = (later - w.power[..., :1]) / np.arange(1, later.shape[-1] + 1)
    return w.of_varying(falls.sum(axis=-1) / later.sum(axis=-1))


@spectral("")
def sflx(w: Batch) -> np.ndarray:
    """Spectral flux: sum (p_2 - p_1)^2, p = P / sum P of the first and second half of the window.

    Source: Tzanetakis and Cook, IEEE Trans. Speech Audio Process. 10 (2002) 293.
    """
    from dspant.ops.features.batch import Batch

    half = w.samples // 2
    halves = [Batch(part, w.fs_hz, w.band_hz) for part in (w.x[..., :half], w.x[..., -half:])]
    first, second = (part.power / part.total_power[..., None] for part in halves)
    return ((second - first) ** 2).sum(axis=-1)


@spectral("", uses=("twitch_hz",))
def twitch_ratio(w: Batch, twitch_hz: float) -> np.ndarray:
    """Twitch ratio: sum P from twitch_hz on / sum P below.

    Source: Hegedus et al., Pathol. Oncol. Res. 26 (2020) 1129.
    """
    slow, fast = _twitches(w, twitch_hz)
    return w.of_varying(w.power[..., fast].sum(axis=-1) / w.power[..., slow].sum(axis=-1))


@spectral("", uses=("twitch_hz",))
def twitch_index(w: Batch, twitch_hz: float) -> np.ndarray:
    """Twitch index: max P from twitch_hz on / max P below.

    Source: Hegedus et al., Pathol. Oncol. Res. 26 (2020) 1129.
    """
    slow, fast = _twitches(w, twitch_hz)
    return w.of_varying(w.power[..., fast].max(axis=-1) / w.power[..., slow].max(axis=-1))


@spectral("", uses=("twitch_hz",))
def twitch_slope_slow(w: Batch, twitch_hz: float) -> np.ndarray:
    """Twitch slope below twitch_hz: least squares slope of ln P over ln f.

    Source: Hegedus et al., Pathol. Oncol. Res. 26 (2020) 1129.
    """
    return _log_slope(w, _twitches(w, twitch_hz)[0])


@spectral("", uses=("twitch_hz",))
def twitch_slope_fast(w: Batch, twitch_hz: float) -> np.ndarray:
    """Twitch slope from twitch_hz on: least squares slope of ln P over ln f.

    Source: Hegedus et al., Pathol. Oncol. Res. 26 (2020) 1129.
    """
    return _log_slope(w, _twitches(w, twitch_hz)[1])


def _twitches(w: Batch, twitch_hz: float) -> tuple[slice, slice]:
    import numpy as np

    edge = int(np.searchsorted(w.frequency_hz, twitch_hz))
    if not 2 <= edge <= len(w.frequency_hz) - 2:
        raise OperationError(
            f"twitch_hz {twitch_hz:g} must leave 2 or more frequencies of the spectrum on each "
            f"side; it reaches from {w.frequency_hz[0]:g} Hz to {w.frequency_hz[-1]:g} Hz in steps "
            f"of {w.bin_hz:g} Hz: lengthen the window or widen band_hz"
        )
    return slice(0, edge), slice(edge, None)


def _log_slope(w: Batch, bins: slice) -> np.ndarray:
    import numpy as np

    across = np.log(w.frequency_hz[bins])
    across = across - across.mean()
    return w.of_varying((np.log(w.power[..., bins]) * across).sum(axis=-1) / (across**2).sum())
