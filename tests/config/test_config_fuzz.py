"""Whatever stands anywhere in a config, the user gets lines and never a traceback."""

from __future__ import annotations

import copy
import math

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sound_experiment import SOUND

from dspant.config import load_plan
from dspant.errors import ConfigError

SOUND_CONFIG = yaml.safe_load(SOUND)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.dates()
    | st.binary(max_size=3)
    | st.sampled_from(["RawG", "AmpA", "filtered", "mep", "rectify", "notch", "stream", "epoc"])
)
keys = scalars.filter(lambda value: not (isinstance(value, float) and math.isnan(value)))
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)


def places(data, path=()):
    yield path
    pairs = enumerate(data) if isinstance(data, list) else ()
    for key, value in data.items() if isinstance(data, dict) else pairs:
        yield from places(value, (*path, key))


@given(place=st.sampled_from([path for path in places(SOUND_CONFIG) if path]), value=values)
@example(place=("experiment",), value={"\n": None})
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_any_value_at_any_place(house, place, value):
    config = copy.deepcopy(SOUND_CONFIG)
    inside = config
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = value

    try:
        plan = load_plan(config, [house.config])
    except ConfigError as error:
        assert error.problems
        assert all("\n" not in problem for problem in error.problems)
    else:
        assert plan.targets()


@given(key=keys, value=values, place=st.sampled_from([(), ("stores",), ("nodes",)]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_key_beside_the_known_ones(house, place, key, value):
    config = copy.deepcopy(SOUND_CONFIG)
    inside = config
    for part in place:
        inside = inside[part]
    if key in inside:
        return
    inside[key] = value

    with pytest.raises(ConfigError):
        load_plan(config, [house.config])
