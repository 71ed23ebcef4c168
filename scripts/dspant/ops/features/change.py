"""Features of how the signal goes from sample to sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dspant.ops.features.feature import feature

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.features.batch import Batch


@feature("{unit}")
def wl(w: Batch) -> np.ndarray:
    """Waveform length: sum |x[n+1] - x[n]|.

    Source: Hudgins et al. (1993).
    """
    return w.length.copy()


@feature("{unit}")
def aac(w: Batch) -> np.ndarray:
    """Average amplitude change: sum |x[n+1] - x[n]| / (N - 1).

    Source: Phinyomark et al. (2012).
    """
    return w.length / (w.samples - 1)


@feature("{unit}")
def mavfd(w: Batch) -> np.ndarray:
    """Mean absolute value of the first difference: mean |x[n+1] - x[n]|; the same number as aac.

    Source: LibEMG's MAVFD.
    """
    return w.length / (w.samples - 1)


@feature("{unit}")
def dasdv(w: Batch) -> np.ndarray:
    """Difference absolute standard deviation: sqrt(sum (x[n+1] - x[n])^2 / (N - 1)).

    Source: Phinyomark et al. (2012).
    """
    import numpy as np

    return np.sqrt(w.step_energy / (w.samples - 1))


@feature("log10({unit})")
def mfl(w: Batch) -> np.ndarray:
    """Maximum fractal length: log10 sqrt(sum (x[n+1] - x[n])^2).

    Source: Arjunan and Kumar, J. NeuroEng. Rehabil. 7 (2010) 53.
    """
    import numpy as np

    return np.where(w.step_energy > 0, 0.5 * np.log10(w.step_energy), np.nan)


@feature("Hz", uses=("zc_threshold",))
def zc(w: Batch, zc_threshold: float) -> np.ndarray:
    """Zero crossings per second: neighbours of opposite sign, zc_threshold or more apart.

    A sample of exactly 0 has no sign, so +1, 0, -1 is no crossing. Source: Hudgins et al. (1993),
    eq. 3; other EMG toolboxes count alike.
    """
    crosses = w.x[..., 1:] * w.x[..., :-1] < 0
    if zc_threshold > 0:
        crosses &= w.step_sizes >= zc_threshold
    return w.per_second(crosses)


@feature("Hz", uses=("ssc_threshold",))
def ssc(w: Batch, ssc_threshold: float) -> np.ndarray:
    """Slope sign changes per second, (x[n]-x[n-1])(x[n]-x[n+1]) above 0 and >= ssc_threshold.

    Source: Phinyomark et al. (2012).
    """
    turn = w.steps[..., :-1] * w.steps[..., 1:]
    return w.per_second(turn <= -ssc_threshold if ssc_threshold > 0 else turn < 0)


@feature("Hz", needs=("wamp_threshold",))
def wamp(w: Batch, wamp_threshold: float) -> np.ndarray:
    """Willison amplitude: steps |x[n+1] - x[n]| above wamp_threshold, per second.

    Source: Willison, J. Neurol. Neurosurg. Psychiatry 27 (1964) 386.
    """
    return w.per_second(w.step_sizes > wamp_threshold)


@feature("{unit}^2")
def tkeo(w: Batch) -> np.ndarray:
    """Teager-Kaiser energy: mean of x[n]^2 - x[n-1] x[n+1].

    Source: Kaiser, Proc. ICASSP (1990) 381.
    """
    inner = w.squares[..., 1:-1] - w.x[..., :-2] * w.x[..., 2:]
    return inner.mean(axis=-1)


@feature("{unit}^2")
def activity(w: Batch) -> np.ndarray:
    """Hjorth activity: var x, mean (x - mean)^2.

    Source: Hjorth, Electroencephalogr. Clin. Neurophysiol. 29 (1970) 306.
    """
    return w.m2.copy()


@feature("")
def mobility(w: Batch) -> np.ndarray:
    """Hjorth mobility: sqrt(var dx / var x), dx from sample to sample.

    Times the rate and over 2 pi it is a frequency. Source: Hjorth, Electroencephalogr. Clin.
    Neurophysiol. 29 (1970) 306.
    """
    import numpy as np

    return w.of_varying(np.sqrt(w.steps.var(axis=-1) / w.m2))


@feature("")
def complexity(w: Batch) -> np.ndarray:
    """Hjorth complexity: mobility of dx over mobility of x.

    Source: Hjorth, Electroencephalogr. Clin. Neurophysiol. 29 (1970) 306.
    """
    import numpy as np

    of_steps = np.sqrt(w.bends.var(axis=-1) / w.steps.var(axis=-1))
    return of_steps / mobility(w)


@feature("1/{unit}^2")
def cor(w: Batch) -> np.ndarray:
    """Coefficient of regularization: sum dx^2 / (sum ddx^2 sum x^2).

    Source: Khushaba and Nazarpour, IEEE Robot. Autom. Lett. 6 (2021) 8569; LibEMG's COR.
    """
    return w.step_energy / ((w.bends**2).sum(axis=-1) * w.energy)


@feature("{unit}")
def pap(w: Batch) -> np.ndarray:
    """Peak average power: sqrt(sum x^2 sum dx^2 / sum ddx^2).

    Source: Khushaba and Nazarpour, IEEE Robot. Autom. Lett. 6 (2021) 8569; LibEMG's PAP.
    """
    import numpy as np

    return np.sqrt(w.energy * w.step_energy / (w.bends**2).sum(axis=-1))
