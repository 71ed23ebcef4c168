"""What a simulation refuses."""

from dspant.errors import DspantError


class SimulationError(DspantError):
    """A simulated recording, or a block to be written, is described in a way that cannot be met."""
