"""Which features are asked for, and the parameters that they refer to."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from annotated_types import Len
from pydantic import Field, model_validator

from dspant.ops.features.families import FEATURES
from dspant.ops.sliding import MovingWindow

FeatureName = Literal[tuple(FEATURES)]
Band = Annotated[list[Annotated[float, Field(ge=0)]], Len(2, 2)]


class FeatureChoice(MovingWindow):
    """Names of features, and what they refer to.

    A parameter that has no default must be given when a feature needs it; one that no feature
    asked for refers to is refused.
    """

    features: Annotated[list[FeatureName], Len(1)]
    """Columns of the result, in this order."""
    zc_threshold: float = Field(default=0.0, ge=0)
    """Least step of a zero crossing, in the signal's unit. A sample of exactly 0, as integer counts
    may have, has no sign: from +1 over 0 to -1 is no crossing."""
    ssc_threshold: float = Field(default=0.0, ge=0)
    """Least product of the two slopes of a turn, in the signal's unit squared."""
    wamp_threshold: float | None = Field(default=None, ge=0)
    """Step that counts for wamp, in the signal's unit; wamp needs it."""
    myop_threshold: float | None = Field(default=None, ge=0)
    """Size that counts for myop, in the signal's unit; myop needs it."""
    vorder_power: float | None = Field(default=None, gt=0)
    """Power v of vorder, without unit; vorder needs it, and 2 is the root mean square."""
    mavslp_segments: int = Field(default=2, ge=2)
    """How many parts mavslp cuts a window into; it has a column less."""
    hist_bins: int = Field(default=9, ge=2, le=1000)
    """How many bins, and columns, hist has."""
    ar_order: int = Field(default=4, ge=1, le=100)
    """How many coefficients, and columns, ar and cc have: the order of the autoregressive model."""
    band_hz: Band | None = None
    """Lowest and highest frequency that spectral features look at, in Hz; all above 0 where not
    given."""
    fr_low_hz: Band | None = None
    """Lower band of fr, from and to, in Hz; fr needs it."""
    fr_high_hz: Band | None = None
    """Upper band of fr, from and to, in Hz; fr needs it."""
    rolloff_part: float = Field(default=0.85, gt=0, lt=1)
    """Part of the power that lies below rolloff."""
    twitch_hz: float = Field(default=60.0, gt=0)
    """Frequency that parts slow from fast twitches, in Hz."""
    entropy_dimension: int = Field(default=2, ge=1, le=10)
    """Length m of the stretches that sampen and fuzzyen compare, in samples."""
    entropy_tolerance_sd: float = Field(default=0.2, gt=0)
    """How near stretches have to be for sampen and fuzzyen, in standard deviations of the
    window."""
    fuzzy_power: float = Field(default=2.0, gt=0)
    """Power n of a distance in fuzzyen, without unit."""
    permutation_order: int = Field(default=3, ge=2, le=7)
    """How many samples in a row make the pattern whose order permen looks at."""
    higuchi_lag: int | None = Field(default=None, ge=2, le=1000)
    """Largest lag of higuchi, in samples; higuchi needs it."""
    wavelet_levels: int | None = Field(default=None, ge=1, le=20)
    """How many times the band is halved for weng, wv, wwl and went; they need it."""

    @property
    def of_features(self) -> dict[str, Any]:
        """Value of each parameter that a feature asked for refers to."""
        names = {name: None for asked in self.features for name in FEATURES[asked].parameters}
        return {name: getattr(self, name) for name in names}

    @model_validator(mode="after")
    def _bands_rise(self) -> Self:
        for name in ("band_hz", "fr_low_hz", "fr_high_hz"):
            band = getattr(self, name)
            if band is not None and band[0] >= band[1]:
                raise ValueError(f"{name} must rise, not [{band[0]:g}, {band[1]:g}]")
        return self

    @model_validator(mode="after")
    def _features_complete(self) -> Self:
        if len(set(self.features)) != len(self.features):
            raise ValueError(f"features {self.features} name one twice")
        for asked in self.features:
            missing = [name for name in FEATURES[asked].needs if getattr(self, name) is None]
            if missing:
                raise ValueError(f"{asked} needs {' and '.join(missing)}; there is no usual value")
        return self

    @model_validator(mode="after")
    def _nothing_without_use(self) -> Self:
        used = self.of_features
        for name in PARAMETERS:
            if name not in used and getattr(self, name) != type(self).model_fields[name].default:
                users = [known for known, found in FEATURES.items() if name in found.parameters]
                raise ValueError(
                    f"{name} is given, and no feature asked for uses it; "
                    f"{', '.join(users[:6])}{' and others' if len(users) > 6 else ''} would"
                )
        return self


PARAMETERS = tuple(dict.fromkeys(name for known in FEATURES.values() for name in known.parameters))
"""Parameters of features; every one is a field of the model."""
