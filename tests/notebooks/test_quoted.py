"""Numbers that a model answer quotes are numbers that a notebook prints."""

import re

import pytest

NUMBER = re.compile(r"\d+(?:,\d{3})+|\d+\.\d+")  # those with a point or a comma: the others are counts and years


def printed(notebook):
    """All that the cells of an executed notebook print or show, as text."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return " ".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs)


@pytest.mark.parametrize(("quoting", "answer", "beside"), [("5-transformers/transformers", "decision_memo", ["3-lstm-gru/lstm_gru"])])
def test_the_model_answer_quotes_what_was_measured(committed, quoting, answer, beside):
    notebook = committed("solutions", quoting)
    (text,) = (cell.source for cell in notebook.cells if cell.id == answer)
    known = set(NUMBER.findall(" ".join(printed(one) for one in (notebook, *(committed("solutions", other) for other in beside)))))
    quoted = NUMBER.findall(text)
    assert len(quoted) > 12
    assert [number for number in quoted if number not in known and number + "0" not in known] == []
