"""How responses grow with the stimulus."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from dspant.ops.ratios import number_column
from dspant.ops.registry import Held, Parameters, epoc_operation
from dspant.ops.signal import Column, Events
from dspant.ops.trials import values_of

if TYPE_CHECKING:
    import numpy as np

FITTED = ("plateau", "s50", "slope", "floor")


class RecruitmentCurve(Parameters):
    example = {"stimulus": "data", "response": "peak_to_peak"}
    example_columns: ClassVar[dict[str, tuple[str, str]]] = {
        "data": ("float64", "uA"),
        "channel": ("string", ""),
        "peak_to_peak": ("float64", "V"),
        "usable": ("bool", ""),
    }

    stimulus: str = "data"
    """Column that tells the size of the stimulus."""
    response: str = "peak_to_peak"
    """Column that tells the size of the response."""
    magnitude: bool = False
    """Take the stimulus without its sign, as where cathodic currents are negative."""
    fit_floor: bool = False
    """Fit the response without a stimulus as well; zero where not."""
    confidence: float = Field(default=0.95, gt=0, lt=1)
    """Probability that the intervals cover, between 0 and 1."""


def _columns(table: Events, _further: list[Events], params: RecruitmentCurve) -> dict[str, Column]:
    x = number_column(table, params.stimulus).unit
    y = number_column(table, params.response).unit
    meaning = {
        "plateau": (y, "largest response above the floor"),
        "s50": (x, "stimulus of half the plateau"),
        "slope": (x, "k: from 50 % to 73 % of the plateau"),
        "floor": (y, "response without a stimulus; 0 where not fitted"),
    }
    fitted: dict[str, Column] = {}
    for name, (unit, text) in meaning.items():
        fitted[name] = Column("float64", unit, text)
        fitted[f"{name}_lower"] = Column("float64", unit, f"lower end of the interval of {name}")
        fitted[f"{name}_upper"] = Column("float64", unit, f"upper end of the interval of {name}")
    return {
        "onset": Column("float64", "s", "the channel's first event"),
        "offset": Column("float64", "s", "end of its last event"),
        "channel": Column("string", "", "channel the curve is of"),
        **fitted,
        "threshold": Column("float64", x, "where the steepest tangent meets the floor: s50 - 2 k"),
        "steepest": Column("float64", _per(y, x), "largest slope: plateau / (4 k)"),
        "r_squared": Column("float64", "", "part of the variance that the curve explains"),
        "points": Column("int64", "", "responses fitted"),
        "rejected": Column("int64", "", "responses left out: not usable or without a value"),
        "usable": Column("bool", "", "false where the reason column says why"),
        "reason": Column("string", "", "why the curve is not to be used"),
    }


def _per(y: str, x: str) -> str:
    return f"{y}/{x}" if x else y


@epoc_operation(RecruitmentCurve, version=1, columns=_columns, takes=("epoc",), holds=Held(0))
def recruitment_curve(
    table: Events, _further: list[Events], params: RecruitmentCurve
) -> Iterator[dict[str, np.ndarray]]:
    """Fit each channel's responses by y = floor + plateau / (1 + exp((s50 - x) / k)).

    Least squares over single responses; intervals are those of Student's t from the curve's
    covariance. A channel whose fit fails, or whose s50 lies outside of the stimuli given, keeps
    its row with the reason. Rows that are marked as not usable are left out.

    Source: H. Devanne, B. A. Lavoie and C. Capaday, Exp. Brain Res. 114 (1997) 329.
    """
    import numpy as np

    names = table.table.column_names
    rows = table.table.num_rows
    one = np.full(rows, "", dtype=object)
    channel = values_of(table, "channel") if "channel" in names else one
    x, y = (values_of(table, n).astype(np.float64) for n in (params.stimulus, params.response))
    x = np.abs(x) if params.magnitude else x
    kept = np.isfinite(x) & np.isfinite(y)
    if "usable" in names:
        kept &= values_of(table, "usable").astype(bool)
    channels = list(dict.fromkeys(channel.tolist()))
    found = [_fitted(x[own], y[own], params) for own in (kept & (channel == c) for c in channels)]
    onset, offset = values_of(table, "onset"), values_of(table, "offset")
    result: dict[str, Any] = {
        "onset": np.array([onset[channel == c].min() for c in channels], dtype=np.float64),
        "offset": np.array([offset[channel == c].max() for c in channels], dtype=np.float64),
        "channel": np.array(channels, dtype=object),
    }
    measures = [f"{n}{end}" for n in FITTED for end in ("", "_lower", "_upper")]
    for name in (*measures, "threshold", "steepest", "r_squared"):
        result[name] = np.array([f.get(name, np.nan) for f in found], dtype=np.float64)
    points = np.array([(kept & (channel == c)).sum() for c in channels], dtype=np.int64)
    result["points"] = points
    result["rejected"] = np.array([(channel == c).sum() for c in channels], np.int64) - points
    result["reason"] = np.array([f["reason"] for f in found], dtype=object)
    result["usable"] = result["reason"] == ""
    yield {name: result[name] for name in (*list(result)[:-2], "usable", "reason")}


def boltzmann(x: np.ndarray, plateau: float, s50: float, slope: float, floor: float = 0.0) -> Any:
    """Response to a stimulus; does not overflow."""
    import numpy as np

    return floor + plateau * 0.5 * (1 + np.tanh((x - s50) / (2 * slope)))


def _fitted(x: np.ndarray, y: np.ndarray, params: RecruitmentCurve) -> dict[str, Any]:
    import numpy as np

    wanted = 4 if params.fit_floor else 3
    levels = len(np.unique(x))
    if levels < wanted + 1:
        return {"reason": f"{levels} sizes of stimulus, {wanted + 1} are needed"}
    if np.ptp(y) == 0:
        return {"reason": "all responses are alike"}
    scale_x, scale_y = np.ptp(x), np.abs(y).max()
    fit = _least_squares((x - x.min()) / scale_x, y / scale_y, wanted)
    if fit is None:
        return {"reason": "the fit does not converge"}
    values, covariance = fit
    units = np.array([scale_y, scale_x, scale_x, scale_y])[:wanted]
    values, sd = values * units, np.sqrt(np.diag(covariance)) * units
    values[1] += x.min()
    return _stated(x, y, values, sd, params)


def _least_squares(
    x: np.ndarray, y: np.ndarray, wanted: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """Best of a few fits with different beginnings, of values about 1; None where all fail."""
    import warnings

    import numpy as np
    from scipy.optimize import OptimizeWarning, curve_fit

    found = []
    for s50 in (0.25, 0.5, 0.75):
        for slope in (0.05, 0.2):
            start = [y.max() - y.min(), s50, slope, y.min()][:wanted]
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("error", OptimizeWarning)
                    values, covariance = curve_fit(boltzmann, x, y, p0=start, maxfev=2000)
            except (RuntimeError, OptimizeWarning):  # no convergence, or no covariance
                continue
            if np.isfinite(covariance).all() and values[2] != 0:
                residual = float(((y - boltzmann(x, *values)) ** 2).sum())
                found.append((residual, len(found), values, covariance))
    if not found:
        return None
    _, _, values, covariance = min(found, key=lambda fit: fit[:2])
    return values, covariance


def _stated(
    x: np.ndarray, y: np.ndarray, values: np.ndarray, sd: np.ndarray, params: RecruitmentCurve
) -> dict[str, Any]:
    import numpy as np
    from scipy.special import stdtrit

    reach = float(stdtrit(len(x) - len(values), 0.5 + params.confidence / 2))
    stated: dict[str, Any] = {"floor": 0.0}
    for name, value, deviation in zip(FITTED, values.tolist(), sd.tolist(), strict=False):
        stated[name] = value
        stated[f"{name}_lower"] = value - reach * deviation
        stated[f"{name}_upper"] = value + reach * deviation
    left = ((y - boltzmann(x, *values)) ** 2).sum()
    stated["r_squared"] = float(1 - left / ((y - y.mean()) ** 2).sum())
    stated["threshold"] = stated["s50"] - 2 * stated["slope"]
    stated["steepest"] = stated["plateau"] / (4 * stated["slope"])
    stated["reason"] = ""
    if not np.min(x) <= stated["s50"] <= np.max(x):
        stated["reason"] = "s50 lies outside of the stimuli given"
    return stated
