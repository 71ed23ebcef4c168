"""Every error dspAnt raises on purpose: what, where, what was expected, what to change."""


class DspantError(Exception):
    """Base of all errors that come from the user's input, config or files, never from a bug."""


class ConfigError(DspantError):
    """One or more places of the experiment config or the recordings sheet are wrong.

    ``problems`` holds one line per place, each naming file, key path, value and remedy.
    """

    def __init__(self, problems: list[str]) -> None:
        self.problems = list(problems)
        count = len(self.problems)
        head = "1 problem" if count == 1 else f"{count} problems"
        super().__init__(f"{head} in the configuration:\n" + "\n".join(f"  {p}" for p in problems))


class DatasetError(DspantError):
    """A dataset folder does not keep the contract: missing, cut, altered or inconsistent."""


class DigestError(DatasetError):
    """The values of a dataset are not those its metadata was made for."""


class MetadataError(DatasetError):
    """Metadata lack what every dataset must state (rate, units, counts) or contradict the data."""


class DiskError(DspantError, OSError):
    """A result cannot be written: no space, no permission, or a broken disk."""


class RawDataError(DspantError):
    """A raw recording cannot be read as asked without losing or inventing data."""


class StoreError(RawDataError):
    """A store asked for is not in the block, or is not of the kind the config says."""


class GapError(RawDataError):
    """A raw stream has gaps or overlaps and the config does not say how to treat them."""


class TruncatedError(RawDataError):
    """The raw files hold fewer samples than their index announces."""


class IndexDamagedError(RawDataError):
    """The index of a raw recording contradicts itself, so nothing in it can be relied on."""


class MixedStoreError(RawDataError):
    """The pieces of one raw store differ in kind, rate, format or size."""


class MissingFileError(RawDataError):
    """A file that holds a part of a raw recording is not there."""


class OperationError(DspantError):
    """An operation cannot be applied to this signal with these parameters."""


class VerificationError(DspantError):
    """A dataset is not what its inputs and settings make now."""


class OutdatedWarning(UserWarning):
    """Results are read that were made from inputs which are unfinished, or others, by now."""
