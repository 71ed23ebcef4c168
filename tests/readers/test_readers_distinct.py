"""Which values there are, as NumPy's own function tells it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dspant.readers.distinct import distinct


@pytest.mark.parametrize("dtype", ["uint16", "uint32", "int64", "float64"])
@given(values=st.lists(st.integers(0, 300)), step=st.integers(1, 3))
def test_the_values_of_unique(dtype: str, values: list[int], step: int) -> None:
    x = np.array(values, dtype)[::step]
    found = distinct(x)
    assert found.dtype == x.dtype
    assert found.tolist() == np.unique(x).tolist()
