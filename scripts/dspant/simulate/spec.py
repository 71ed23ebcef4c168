"""The description of a simulated recording, validated before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import xxhash
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    NonNegativeFloat,
    PositiveFloat,
    ValidationError,
    model_validator,
)

from dspant.simulate.errors import SimulationError

GENERATION = 1
"""Raised when the same spec gives other samples, so that recordings are made again."""

Volts = Annotated[FiniteFloat, Field(ge=0, le=0.5)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Muscle(_Strict):
    """One EMG channel: how the muscle bursts and how it answers a stimulus."""

    name: str
    burst_rms_v: Volts
    burst_delay_s: NonNegativeFloat = 0.0
    response_maximum_v: Volts
    response_latency_s: PositiveFloat
    response_duration_s: PositiveFloat = 0.006
    artefact_gain: NonNegativeFloat = 1.0
    # recruited: motor units join and fire. The others: noise of a known size at every moment.
    burst_shape: Literal["recruited", "hann", "plateau", "step"] = "recruited"
    # Share of the spectrum's frequencies that is lost each second, of noise of a known size.
    slowing_per_s: Annotated[float, Field(ge=0, le=0.2)] = 0.0
    common_gain: FiniteFloat = 1.0
    loose_rms_v: Volts = 0.0


class Contact(_Strict):
    """One stimulating contact: the current of a half-maximal response, and the curve's slope."""

    number: Annotated[int, Field(ge=1, le=0xFFFF)]
    half_current_uA: PositiveFloat  # noqa: N815 - µA is the unit
    slope_uA: PositiveFloat = 40.0  # noqa: N815


class Interference(_Strict):
    """What is added to every muscle, each at a ratio in dB; what has none is not added.

    The ratio is that of the muscle's RMS in a burst to the interference's RMS. It comes on top of
    the recording's own hum, heart beats and artefacts, at their times.
    """

    mains_snr_db: FiniteFloat | None = None
    mains_harmonics: Annotated[int, Field(ge=1, le=50)] = 5
    mains_drift_hz: Annotated[float, Field(ge=0, le=1)] = 0.02
    ecg_snr_db: FiniteFloat | None = None
    ecg_size_cv: Annotated[float, Field(ge=0, le=0.5)] = 0.1
    qrs_s: Annotated[float, Field(gt=0, le=0.2)] = 0.02
    artefact_snr_db: FiniteFloat | None = None
    artefact_recovery_s: Annotated[float, Field(gt=0, le=0.1)] = 0.002


DIAPHRAGM = (
    Muscle(
        name="diaphragm_left",
        burst_rms_v=250e-6,
        response_maximum_v=1.5e-3,
        response_latency_s=0.009,
    ),
    Muscle(
        name="diaphragm_right",
        burst_rms_v=200e-6,
        burst_delay_s=0.004,
        response_maximum_v=1.0e-3,
        response_latency_s=0.0105,
        response_duration_s=0.007,
        artefact_gain=0.7,
    ),
)

CONTACTS = (Contact(number=1, half_current_uA=400), Contact(number=2, half_current_uA=480))


class SimulationSpec(_Strict):
    """A recording of muscles that breathe, and that answer stimuli given between breaths.

    Sizes are volts, times seconds, rates Hz, currents microampere (negative: cathodic).
    """

    seed: Annotated[int, Field(ge=0)]
    duration_s: Annotated[float, Field(ge=4, le=3600)]
    fs_hz: Annotated[float, Field(ge=4000, le=200_000)]
    airflow_fs_hz: Annotated[float, Field(ge=50, le=200_000)]
    # X.999999: Synapse sets its start mark 2**-20 s before the first sample, on a whole second.
    start_unix_s: PositiveFloat = 1_700_000_000.0 - 2.0**-20

    muscles: Annotated[tuple[Muscle, ...], Field(min_length=1)] = DIAPHRAGM
    motor_units: Annotated[int, Field(ge=1)] = 60

    quiet_s: Annotated[float, Field(ge=1.2)] = 1.2
    breath_period_s: PositiveFloat = 1.0
    breath_period_cv: Annotated[float, Field(ge=0, le=0.2)] = 0.05
    burst_duration_s: tuple[PositiveFloat, PositiveFloat] = (0.30, 0.45)
    burst_gap_s: Annotated[float, Field(ge=0.25)] = 0.25

    currents_uA: Annotated[tuple[FiniteFloat, ...], Field(min_length=1)] = (  # noqa: N815
        -100.0,
        -200.0,
        -300.0,
        -400.0,
        -500.0,
        -600.0,
        -800.0,
    )
    contacts: Annotated[tuple[Contact, ...], Field(min_length=1)] = CONTACTS
    stimulus_clearance_s: Annotated[float, Field(ge=0.06)] = 0.15
    # pause: between bursts. burst: a detector fires at each burst's onset, and misses some.
    trigger: Literal["pause", "burst"] = "pause"
    trigger_delay_s: NonNegativeFloat = 0.05
    trigger_delay_sd_s: NonNegativeFloat = 0.0
    trigger_miss_share: Annotated[float, Field(ge=0, lt=1)] = 0.0
    # Begin and end, from the stimulus, of the time in which an active muscle is silent.
    silence_s: tuple[PositiveFloat, PositiveFloat] | None = None
    # The stimulator waits for a moment free of R waves, so that no heart beat rides on a response.
    heart_free_s: tuple[NonNegativeFloat, NonNegativeFloat] = (0.03, 0.05)
    artefact_peak_v: Volts = 5e-3
    artefact_duration_s: Annotated[float, Field(gt=0, lt=1e-3)] = 0.8e-3
    latency_sd_s: NonNegativeFloat = 0.15e-3
    response_size_cv: Annotated[float, Field(ge=0, le=0.3)] = 0.08

    noise_rms_v: Annotated[float, Field(gt=0, le=0.5)] = 4e-6
    hum_hz: PositiveFloat = 60.0
    hum_peak_v: Volts = 15e-6
    common_rms_v: Volts = 0.0
    ecg_peak_to_peak_v: Volts = 40e-6
    heart_rate_hz: PositiveFloat = 5.5
    heart_interval_cv: Annotated[float, Field(ge=0, le=0.2)] = 0.03
    beats_in_truth: bool = False
    discharges_in_truth: bool = False
    drift_rms_v: Volts = 150e-6
    drift_highest_hz: PositiveFloat = 0.5
    adc_lsb_v: PositiveFloat = 2.0**-24

    interference: Interference | None = None

    airflow_peak_ml_per_s: PositiveFloat = 8.0
    airflow_noise_ml_per_s: NonNegativeFloat = 0.05
    airflow_ml_per_s_per_count: PositiveFloat = 2.0**-10

    @model_validator(mode="after")
    def _check_breathing(self) -> Self:
        shortest_s, longest_s = self.burst_duration_s
        if shortest_s > longest_s:
            raise ValueError("burst_duration_s: expected [shortest, longest]")
        spread_s = max(muscle.burst_delay_s for muscle in self.muscles)
        shortest_period_s = self.breath_period_s * (1 - 3 * self.breath_period_cv)
        if longest_s + spread_s + self.burst_gap_s > shortest_period_s:
            raise ValueError(
                f"the longest burst ({longest_s} s), its delay ({spread_s} s) and burst_gap_s "
                f"({self.burst_gap_s} s) do not fit in the shortest breath "
                f"({shortest_period_s:g} s); lengthen breath_period_s or shorten the bursts"
            )
        return self

    @model_validator(mode="after")
    def _check_silence(self) -> Self:
        if self.silence_s is not None and self.silence_s[0] >= self.silence_s[1]:
            raise ValueError("silence_s: expected [begin, end], rising")
        return self

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        names = [muscle.name for muscle in self.muscles]
        numbers = [contact.number for contact in self.contacts]
        if len(set(names)) != len(names) or len(set(numbers)) != len(numbers):
            raise ValueError("muscles and contacts: expected names and numbers that differ")
        return self

    @property
    def digest(self) -> str:
        """What identifies the samples this spec gives."""
        # What came later and is not used leaves the digest of older specs as it was.
        later = ("interference", "discharges_in_truth", "silence_s")
        unsaid = {name for name in later if not getattr(self, name)}
        text = f"simulation {GENERATION} {self.model_dump_json(exclude=unsaid)}"
        return f"xxh3:{xxhash.xxh3_128_hexdigest(text.encode())}"


def parse_spec(values: Mapping[str, Any], *, where: str) -> SimulationSpec:
    """Return the validated spec; ``where`` names its place in the error's text.

    Raises SimulationError with one line for each wrong value.
    """
    try:
        return SimulationSpec.model_validate(dict(values))
    except ValidationError as error:
        problems = [
            f"  {where}{''.join(f'.{key}' for key in found['loc'])}: {found['msg']}, "
            f"found {found['input']!r}"
            for found in error.errors(include_url=False)
        ]
        raise SimulationError("\n".join(["simulation not valid:", *problems])) from error
