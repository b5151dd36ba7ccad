"""Text that a kernel forges in the judge's own answers, or floods, or hides in files: it ends on the instructor's screens.

What is done with it is looked at here for each attack, and in `test_attacks.py` for the terminal and the tables of the class.
"""

import json
import re

from tests.grading.attacks.attack import attack
from tests.grading.attacks.forging import HELPER

TERMINAL = "\x1b]0;owned\x07\x1b[2J\x1b]8;;http://evil.test\x07click\x1b]8;;\x07\x9b31m"
LINE = "\n  zzz_right: refused: all of it\r\n\u2028zzz_half,25\x85"
FORMULA = "=HYPERLINK(\"http://evil.test\",\"x\")"
TEXT = FORMULA + TERMINAL + LINE + "\u202edrow"
_HIDDEN = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def forged(work, field, value):
    """Every answer about a function has this in one field, whatever the function does."""
    work.solve()
    work.add(HELPER + f"""
_true = _beside.answer
def answer(text, names, most):
    told = _wire.decode(_true(text, names, most).text, most)
    for one in told.get("seen", ()):
        one[{field!r}] = {value!r}
    return _beside.Answer(_wire.encode(told))
_beside.answer = answer
""")


def one_line_each(outcome):
    """Remarks and findings are there, and none has a break or a character that a screen obeys."""
    texts = [text for one in outcome.verdict.notebooks for graded in one.graded for text in _texts(graded.report)]
    texts += [text for remark in outcome.verdict.remarks for text in (remark.text, remark.cell)]
    assert texts and not [text for text in texts if _HIDDEN.search(text)]
    assert "evil.test" in "".join(texts)


def _texts(report):
    yield from (finding.text for finding in report.findings)
    yield from report.notes
    if report.cause is not None:
        yield report.cause.text


@attack(remark="evil.test", also=one_line_each)
def forges_evasions(work):
    """The answer says of itself that it evades the watch, in words that a terminal and a spreadsheet obey."""
    forged(work, "evasions", [TEXT[:100], TERMINAL, LINE, "http://evil.test"])


@attack(finding="evil.test", also=one_line_each)
def forges_shortcuts(work):
    """The answer names ready-made code of such a name."""
    forged(work, "shortcuts", [TEXT[:120]])


@attack(finding="evil.test", also=one_line_each)
def forges_changed_arguments(work):
    """The answer names arguments of such names."""
    forged(work, "changed", [FORMULA, TERMINAL, LINE])


@attack(finding="evil.test", also=one_line_each)
def forges_a_trouble(work):
    """The answer is an exception of such a name, with such a message, at such a line."""
    forged(work, "arrays", None)
    trouble = {"kind": "error", "type": TEXT[:80], "mro": [TEXT[:80]], "message": TEXT, "line": TEXT[:160]}
    work.notebook["cells"] = [
        {**cell, "source": cell["source"].replace("one['arrays'] = None", f"one['arrays'] = None; one['trouble'] = {trouble!r}")}
        if "_beside.answer = answer" in cell["source"] else cell
        for cell in work.notebook["cells"]
    ]  # fmt: skip


def few_outputs(outcome):
    """A page that lists them costs little."""
    outputs = [found for one in outcome.verdict.notebooks for found in (one.outputs or {}).values()]
    assert outputs and max(map(len, outputs)) < 300
    assert "[more output was left out]" in outcome.printed


@attack(may=25.0, keeps=25.0, also=few_outputs)
def shows_thousands_of_things(work):
    """A cell shows a number three thousand times; each is an output of its own."""
    work.solve()
    work.add("from IPython.display import display\nfor number in range(3000):\n    display(number)")


def last_state_only(outcome):
    assert "100 % done" in outcome.printed and "37 %" not in outcome.printed


@attack(may=25.0, keeps=25.0, also=last_state_only)
def prints_over_a_line(work):
    """A progress bar: a line printed again and again over itself, which is honest."""
    work.solve()
    work.add("for percent in range(100):\n    print(f'{percent} %', end='\\r', flush=True)\nprint('100 % done')")


def page_and_notebook(outcome):
    assert "picture left out" in outcome.page or "attachment:" in json.dumps(outcome.autograded)


@attack(may=25.0, keeps=25.0, also=page_and_notebook)
def attachments_of_every_shape(work):
    """Attachments that are no attachments: missing, a number, a list, kinds that are numbers, base64 that is none."""
    work.solve()
    shapes = (None, 7, [], {"a.png": 7}, {"a.png": []}, {"a.png": {}}, {"a.png": {"image/png": 7}}, {"a.png": {"image/png": "§"}}, {"a.png": {"image/png": ["a", 7]}})
    for number, shape in enumerate(shapes):
        work.add("![x](attachment:a.png)", kind="markdown", key=f"with-{number}", **({} if shape is None else {"attachments": shape}))
