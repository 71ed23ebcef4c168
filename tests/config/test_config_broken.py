"""One wrong place in a config: one line, which names the place and what to write."""

from __future__ import annotations

import pytest

AT = "config/config.yaml:"

CASES = {
    "unknown key": (
        ("line_frequency_hz: 60", "line_frequenzy_hz: 60\nline_frequency_hz: 60"),
        f"{AT}3: line_frequenzy_hz: unknown key 'line_frequenzy_hz'; "
        "did you mean 'line_frequency_hz'?",
    ),
    "missing key": (
        ("experiment: demo\n", ""),
        "config/config.yaml: experiment: missing key 'experiment': Name of the experiment",
    ),
    "misspelt required key is one problem": (
        ("recordings: config", "recording: config"),
        f"{AT}2: recording: unknown key 'recording'; did you mean 'recordings'?",
    ),
    "experiment that is no folder": (
        ("experiment: demo", "experiment: ../demo"),
        f"{AT}1: experiment: must begin with a letter or digit",
    ),
    "experiment read as number": (
        ("experiment: demo", "experiment: 2024"),
        f'{AT}1: experiment: expected text, found 2024; put it in quotes: "2024"',
    ),
    "line frequency of zero": (
        ("line_frequency_hz: 60", "line_frequency_hz: 0"),
        f"{AT}3: line_frequency_hz: must be above 0, found 0",
    ),
    "exponent that YAML reads as text": (
        ("line_frequency_hz: 60", "line_frequency_hz: 6e1"),
        f"{AT}3: line_frequency_hz: expected a number, found '6e1'; "
        "YAML reads 6e1 as text: write 60",
    ),
    "number in quotes": (
        ("cutoff_hz: 6", "cutoff_hz: '6'"),
        f"{AT}15: nodes.envelope.steps[1].lowpass.cutoff_hz: expected a number, found '6'; "
        "write 6 without quotes",
    ),
    "infinite parameter": (
        ("cutoff_hz: 6", "cutoff_hz: .inf"),
        f"{AT}15: nodes.envelope.steps[1].lowpass.cutoff_hz: input should be a finite number, "
        "found inf",
    ),
    "unknown kind of store": (
        ("kind: epoc", "kind: epoch"),
        f"{AT}6: stores.AmpA.kind: unknown kind 'epoch'; did you mean 'epoc'?",
    ),
    "missing kind": (
        ("kind: epoc, ", ""),
        f"{AT}6: stores.AmpA.kind: missing key 'kind': stream or epoc",
    ),
    "missing unit": (
        ("unit: V, ", ""),
        f"{AT}5: stores.RawG.unit: missing key 'unit': Unit of the values, such as V",
    ),
    "empty unit": (
        ("unit: uA", "unit: ''"),
        f"{AT}6: stores.AmpA.unit: must not be empty; for values without a unit",
    ),
    "key of the other kind": (
        ("kind: epoc, unit: uA", "kind: epoc, unit: uA, channels: [a]"),
        f"{AT}6: stores.AmpA.channels: unknown key 'channels'; there are: kind, unit",
    ),
    "channels of one name": (
        ("[left, right]", "[left, left]"),
        f"{AT}5: stores.RawG.channels: names must differ, but 'left' stands twice",
    ),
    "channel read as boolean": (
        ("[left, right]", "[left, on]"),
        f"{AT}5: stores.RawG.channels[1]: expected text, found true; "
        "YAML reads yes, no, on and off as true and false",
    ),
    "no channel at all": (
        ("[left, right]", "[]"),
        f"{AT}5: stores.RawG.channels: must not be empty",
    ),
    "window of one number": (
        ("window_s: [-0.01, 0.04]", "window_s: [0.04]"),
        f"{AT}18: nodes.mep.steps[0].evoked.window_s: must hold at least 2 entries, found 1",
    ),
    "negative scale": (
        ("unit: V,", "unit: V, scale: -1,"),
        f"{AT}5: stores.RawG.scale: must be above 0, found -1",
    ),
    "unknown word": (
        ("unit: V,", "unit: V, gaps: segments,"),
        f"{AT}5: stores.RawG.gaps: expected 'error' or 'segment', found 'segments'; "
        "did you mean 'segment'?",
    ),
    "stores that share a folder": (
        ("  AmpA:", "  Raw/: {kind: epoc, unit: V}\n  Raw_: {kind: epoc, unit: V}\n  AmpA:"),
        f"{AT}7: stores.Raw_: would share the folder Raw_.ant with store 'Raw/'",
    ),
    "store that is no mapping": (
        ("{kind: epoc, unit: uA}", "uA"),
        f"{AT}6: stores.AmpA: expected a mapping of kind and unit, found 'uA'",
    ),
    "store named by a number": (
        ("  AmpA:", "  1234: {kind: epoc, unit: V}\n  AmpA:"),
        f"{AT}6: stores[1234]: expected text as a name, found 1234; put it in quotes",
    ),
    "unknown compression": (
        ("nodes:", "storage: {compression: zst}\nnodes:"),
        f"{AT}7: storage.compression: expected 'none' or 'zstd', found 'zst'; did you mean 'zstd'?",
    ),
    "node that no rule can carry": (
        ("  envelope:", "  Envelope-1:"),
        f"{AT}13: nodes.Envelope-1: a node's name begins with a small letter",
    ),
    "node named as a store": (
        ("  envelope:", "  rawg:"),
        f"{AT}13: nodes.rawg: would share its folder with store 'RawG'",
    ),
    "node without from": (
        ("    from: RawG\n", ""),
        f"{AT}8: nodes.filtered.from: missing key 'from'",
    ),
    "misspelt from": (
        ("    from: RawG", "    form: RawG"),
        f"{AT}9: nodes.filtered.form: unknown key 'form'; did you mean 'from'?",
    ),
    "from of nothing": (
        ("from: RawG", "from: []"),
        f"{AT}9: nodes.filtered.from: must not be empty",
    ),
    "from of a number": (
        ("from: [filtered, AmpA]", "from: [filtered, 3]"),
        f"{AT}17: nodes.mep.from[1]: expected the name of a store or node",
    ),
    "reference without its column": (
        ("from: [filtered, AmpA]", "from: [filtered, {node: AmpA}]"),
        f"{AT}17: nodes.mep.from[1].recording: missing key 'recording': Column of the sheet",
    ),
    "reference with a misspelt key": (
        ("from: [filtered, AmpA]", "from: [filtered, {node: AmpA, recordings: mvc}]"),
        f"{AT}17: nodes.mep.from[1].recordings: unknown key 'recordings'; "
        "did you mean 'recording'?",
    ),
    "reference to a column that is not there": (
        ("from: [filtered, AmpA]", "from: [filtered, {node: AmpA, recording: mvcs}]"),
        f"{AT}17: nodes.mep.from[1].recording: config/recordings.tsv has no column 'mvcs'; "
        "did you mean 'mvc'?",
    ),
    "missing parent": (
        ("from: [filtered, AmpA]", "from: [filterd, AmpA]"),
        f"{AT}17: nodes.mep.from[0]: no store or node is called 'filterd'; "
        "did you mean 'filtered'?",
    ),
    "node that takes itself": (
        ("from: filtered", "from: envelope"),
        f"{AT}14: nodes.envelope.from: 'envelope' takes itself as input",
    ),
    "cycle": (
        ("from: RawG", "from: envelope"),
        f"{AT}9: nodes.filtered.from: these nodes wait for each other: "
        "filtered -> envelope -> filtered",
    ),
    "unknown operation": (
        ("[rectify,", "[rectifi,"),
        f"{AT}15: nodes.envelope.steps[0]: unknown operation 'rectifi'; did you mean 'rectify'?",
    ),
    "unknown parameter": (
        ("cutoff_hz: 6", "cutof_hz: 6"),
        f"{AT}15: nodes.envelope.steps[1].lowpass.cutof_hz: unknown parameter 'cutof_hz'; "
        "did you mean 'cutoff_hz'?",
    ),
    "missing parameter": (
        ("low_hz: 20, ", ""),
        f"{AT}12: nodes.filtered.steps[1].bandpass.low_hz: missing parameter 'low_hz': Lower",
    ),
    "missing parameter of a bare name": (
        ("[rectify,", "[rms_envelope,"),
        f"{AT}15: nodes.envelope.steps[0].rms_envelope.window_s: missing parameter 'window_s'",
    ),
    "parameter out of bounds": (
        ("order: 2", "order: 13"),
        f"{AT}15: nodes.envelope.steps[1].lowpass.order: must be at most 12, found 13",
    ),
    "fraction for a whole number": (
        ("order: 2", "order: 2.5"),
        f"{AT}15: nodes.envelope.steps[1].lowpass.order: expected a whole number, found 2.5",
    ),
    "parameters that contradict": (
        ("low_hz: 20", "low_hz: 500"),
        f"{AT}12: nodes.filtered.steps[1].bandpass: low_hz (500) must be below high_hz (450)",
    ),
    "notch without any frequency": (
        ("line_frequency_hz: 60\n", ""),
        f"{AT}10: nodes.filtered.steps[0].notch.frequency_hz: missing parameter 'frequency_hz': "
        "Centre of the stop band, in Hz; or give line_frequency_hz once",
    ),
    "parameters that are no mapping": (
        ("{cutoff_hz: 6, order: 2}", "6"),
        f"{AT}15: nodes.envelope.steps[1].lowpass: expected a mapping of parameters, found 6",
    ),
    "two operations in one step": (
        ("[rectify, {lowpass", "[{rectify: {}, lowpass"),
        f"{AT}15: nodes.envelope.steps[0]: a step holds one operation, found 2: rectify, lowpass",
    ),
    "parameters not indented": (
        ("[rectify, {lowpass: {cutoff_hz: 6, order: 2}}]", "[{lowpass: , cutoff_hz: 6}]"),
        f"{AT}15: nodes.envelope.steps[0]: a step holds one operation; "
        "indent the parameters of 'lowpass' further",
    ),
    "steps of nothing": (
        ("[rectify, {lowpass: {cutoff_hz: 6, order: 2}}]", "[]"),
        f"{AT}15: nodes.envelope.steps: holds no step",
    ),
    "steps that are no list": (
        ("[rectify, {lowpass: {cutoff_hz: 6, order: 2}}]", "rectify"),
        f"{AT}15: nodes.envelope.steps: expected a list, found 'rectify'; put it in brackets",
    ),
    "step that is a number": (
        ("[rectify,", "[3,"),
        f"{AT}15: nodes.envelope.steps[0]: expected an operation, or one with its parameters",
    ),
    "decimal comma in braces": (
        ("cutoff_hz: 6, order: 2", "cutoff_hz: 12,5, order: 2"),
        f"{AT}15: nodes.envelope.steps[1].lowpass.cutoff_hz: found 12, and then 5 as a key of its "
        "own; write decimals with a point and thousands without a mark",
    ),
    "decimal comma in text": (
        ("notch: {q: 30}", "notch: {q: '2,5'}"),
        f"{AT}11: nodes.filtered.steps[0].notch.q: expected a number, found '2,5'; "
        "write decimals with a point and thousands without a mark",
    ),
    "key without a value that is a number": (
        ("cutoff_hz: 6, order: 2", "5, cutoff_hz: 6"),
        f"{AT}15: nodes.envelope.steps[1].lowpass[5]: expected text as a key, found 5",
    ),
    "key that is a number": (
        ("cutoff_hz: 6, order: 2", "cutoff_hz: 6, 5: 2"),
        f"{AT}15: nodes.envelope.steps[1].lowpass[5]: expected text as a key, found 5; "
        "put it in quotes",
    ),
    "wrong kind": (
        ("from: filtered", "from: AmpA"),
        f"{AT}15: nodes.envelope.steps[0]: in node 'envelope' 'rectify' takes a stream, "
        "but 'AmpA' is of kind epoc",
    ),
    "wrong kind within a node": (
        ("response_s: [0.004, 0.03]}}]", "response_s: [0.004, 0.03]}}, rectify]"),
        f"{AT}18: nodes.mep.steps[1]: in node 'mep' 'rectify' takes a stream, "
        "but the result of 'evoked' is of kind epoc",
    ),
    "wrong kind of a further input": (
        ("from: [filtered, AmpA]", "from: [filtered, RawG]"),
        f"{AT}17: nodes.mep.from[1]: 'evoked' of node 'mep' takes a further input of kind epoc, "
        "but 'RawG' is of kind stream",
    ),
    "further input that lacks": (
        ("from: [filtered, AmpA]", "from: filtered"),
        f"{AT}18: nodes.mep.steps[0]: 'evoked' needs a further input of kind epoc; "
        "name it in 'from' of node 'mep'",
    ),
    "further input without use": (
        ("from: filtered", "from: [filtered, AmpA]"),
        f"{AT}14: nodes.envelope.from[1]: no step of node 'envelope' takes 'AmpA'",
    ),
    "key that stands twice": (
        ("  AmpA:", "  RawG: {kind: stream, unit: mV}\n  AmpA:"),
        f"{AT}6: stores.RawG: stands here and on line 5; keep one of them",
    ),
    "no store": (
        (
            "stores:\n  RawG: {kind: stream, unit: V, channels: [left, right]}\n"
            "  AmpA: {kind: epoc, unit: uA}\nnodes:\n",
            "stores: {}\nunused:\n",
        ),
        f"{AT}4: stores: holds no store",
    ),
    "sheet that is not there": (
        ("config/recordings.tsv", "config/recs.tsv"),
        "config/recs.tsv: cannot be read: No such file or directory",
    ),
}

SECOND_LINE = {"no store": "config/config.yaml:5: unused: unknown key 'unused'"}
"""Cases that cannot be written without a second wrong place."""


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_place_is_one_line(case, problems_after):
    change, expected = CASES[case]

    found = problems_after(change)

    assert found[0].startswith(expected)
    assert len(found) == (2 if case in SECOND_LINE else 1), found
    assert all(line.startswith(SECOND_LINE.get(case, "")) for line in found[1:])


def test_all_problems_are_listed_at_once_in_the_order_of_the_file(problems_after, house):
    house.sheet.write_text("recording\tblock\nrec01\ttank/rec1\n", encoding="utf-8")

    found = problems_after(
        ("unit: uA", "unit: uA, gap: error"),
        ("order: 2", "ordre: 2"),
        ("from: RawG", "from: RawX"),
        ("line_frequency_hz: 60", "line_frequency_hz: sixty"),
    )

    assert [line.partition(": ")[0] for line in found] == [
        "config/config.yaml:3",
        "config/config.yaml:6",
        "config/config.yaml:9",
        "config/config.yaml:15",
        "config/recordings.tsv:2",
    ]


def test_a_node_whose_parent_is_broken_is_not_blamed(problems_after):
    found = problems_after(("kind: stream, unit: V,", "kind: streem, unit: V,"))

    assert len(found) == 1
    assert "stores.RawG.kind" in found[0]


def test_a_broken_line_frequency_is_not_blamed_on_notches(problems_after):
    found = problems_after(("line_frequency_hz: 60", "line_frequency_hz: [60]"))

    assert len(found) == 1


def test_every_cycle_is_named(problems_after):
    found = problems_after(
        ("from: RawG", "from: envelope"),
        ("from: [filtered, AmpA]", "from: [mep, AmpA]"),
    )

    assert len(found) == 2
    assert "filtered -> envelope -> filtered" in found[0]
    assert "'mep' takes itself" in found[1]


def test_a_value_from_the_command_line_is_not_blamed_on_the_file(house):
    import yaml

    from dspant.config import load_plan
    from dspant.errors import ConfigError

    config = yaml.safe_load(house.config.read_text(encoding="utf-8")) | {"line_frequency_hz": "60"}

    with pytest.raises(ConfigError) as caught:
        load_plan(config, [house.config])

    assert caught.value.problems == [
        "command line (--config): line_frequency_hz: expected a number, found '60'; "
        "write 60 without quotes"
    ]


def test_no_config_at_all_tells_how_to_give_one():
    from dspant.config import load_plan
    from dspant.errors import ConfigError

    with pytest.raises(ConfigError, match="--configfile"):
        load_plan({})
