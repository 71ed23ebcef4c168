"""How well ``evoked`` tells silent periods whose begin and end are known."""

from __future__ import annotations

import numpy as np
from whole_signals import Runs, stimuli, table_of

from dspant.simulate.recording import simulate
from dspant.simulate.spec import Contact, Muscle, SimulationSpec

BURST_RMS_V = 100e-6

SETTINGS = {
    "as they are": {},
    "`silent_part: 0.7`, `silent_smoothing_s: 0.01`": {
        "silent_part": 0.7,
        "silent_smoothing_s": 0.01,
    },
}

ABOUT_SILENCE = """## Silent periods (`evoked`)

A muscle that is active at one level answers a stimulus after 9 ms, for 6 ms, and is silent from 20
to 120 ms after it; 44 stimuli in each cell, at 6.1 kHz. SNR is that of the activity to the
amplifier's noise, which is not silenced: at 6 dB noise alone is near half of the background, and
`silent_part` has to lie above it. The simulation is `python -m dspant.simulate` with `silence_s`.
"""


def recording(snr_db: float, duration_s: float, seed: int) -> SimulationSpec:
    hand = Muscle(
        name="hand",
        burst_shape="step",
        burst_rms_v=BURST_RMS_V,
        response_maximum_v=1e-3,
        response_latency_s=0.009,
    )
    return SimulationSpec(
        seed=seed,
        duration_s=duration_s,
        fs_hz=6103.515625,
        airflow_fs_hz=100,
        muscles=(hand,),
        contacts=(Contact(number=1, half_current_uA=400),),
        currents_uA=(-800.0,),
        artefact_peak_v=1e-3,
        breath_period_s=1.3,
        burst_duration_s=(0.7, 0.8),
        trigger="burst",
        trigger_delay_s=0.3,
        silence_s=(0.02, 0.12),
        noise_rms_v=BURST_RMS_V / 10 ** (snr_db / 20),
        hum_peak_v=0.0,
        ecg_peak_to_peak_v=0.0,
        drift_rms_v=0.0,
    )


def silence_errors(
    snr_db: float, duration_s: float = 60.0, seed: int = 0, **params: float
) -> tuple[np.ndarray, np.ndarray]:
    """Errors in ms of the begin and of the length of each silence; NaN where none was found."""
    spec = recording(snr_db, duration_s, seed)
    made = simulate(spec)
    stream, onset = made.streams[0], made.epocs[0].onset_s
    truth = [row for row in made.truth.to_pylist() if row["kind"] == "silence"]
    begin_s, end_s = (np.array([row[name] for row in truth]) for name in ("onset", "offset"))
    rows = table_of(
        "evoked",
        Runs([(stream.start_s, stream.data.astype(float))], float(np.float32(spec.fs_hz))),
        [stimuli(onset)],
        window_s=[-0.1, 0.3],
        background_s=[-0.1, -0.002],
        response_s=[0.004, 0.018],
        silent_s=[0.016, 0.25],
        **params,
    )
    wrong_begin = onset + rows["silent_onset_s"] - begin_s
    return 1000 * wrong_begin, 1000 * (rows["silent_period_s"] - (end_s - begin_s))


def silence_lines() -> list[str]:
    lines = [
        ABOUT_SILENCE,
        "| Parameters | SNR dB | Bias of begin ms | Spread ms | Bias of length ms | Spread ms "
        "| Largest error ms |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, params in SETTINGS.items():
        for snr_db in (6.0, 12.0, 20.0, 30.0):
            begin, length = silence_errors(snr_db, **params)
            (low, bias, high), (short, middle, long) = (
                np.nanquantile(errors, [0.25, 0.5, 0.75]) for errors in (begin, length)
            )
            lines.append(
                f"| {name} | {snr_db:g} | {bias:.1f} | {high - low:.1f} | {middle:.1f} | "
                f"{long - short:.1f} | {np.nanmax(np.abs(length)):.0f} |"
            )
    return [*lines, ""]
