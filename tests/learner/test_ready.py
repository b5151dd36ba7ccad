"""`ready` lets a demonstration run only on work that passes its check right now."""

import numpy as np

from rnncourse.learner.ready import ready


def last_valid(states, lengths):
    return np.asarray(states)[np.arange(len(lengths)), np.asarray(lengths) - 1]


def chronological_split(series, fractions):
    raise NotImplementedError


def test_a_right_function_is_ready_and_nothing_is_said(capsys):
    assert ready(last_valid) is True
    assert capsys.readouterr().out == ""


def test_an_unwritten_function_is_named_with_its_exercise(capsys):
    assert ready(last_valid, chronological_split) is False
    told = capsys.readouterr().out
    assert told == "This cell uses your chronological_split. Solve exercise 1.4 first, then run this cell again.\n"


def test_a_wrong_function_is_not_ready(capsys):
    def last_valid(states, lengths):
        return np.asarray(states)[:, -1]

    assert ready(last_valid) is False
    assert "Solve exercise 1.7 first" in capsys.readouterr().out


def test_it_remembers_nothing(capsys):
    assert not ready(chronological_split)

    def mended(series, fractions):
        borders = np.round(np.cumsum(fractions)[:-1] * len(series)).astype(int)
        return tuple(np.split(np.array(series), borders))

    mended.__name__ = "chronological_split"
    assert ready(mended)


def test_it_leaves_no_trace_in_the_learners_record(tmp_path, monkeypatch):
    monkeypatch.setenv("RNNCOURSE_HOME", str(tmp_path))
    ready(last_valid, chronological_split)
    assert not list(tmp_path.iterdir())
