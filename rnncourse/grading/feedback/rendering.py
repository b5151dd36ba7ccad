"""What runs in a child process with bounds, to make feedback pages; not to be called where there is anything to lose.

`rnncourse.grading.bounded` imports this module once, in the process that forks the children: so what every page needs
is loaded here, and nowhere else is this module imported.
"""

import json
from contextlib import suppress

from rnncourse.grading.feedback import document
from rnncourse.grading.feedback.bounded import PAGE, page_time
from rnncourse.grading.feedback.code import highlighted
from rnncourse.grading.feedback.markdown import answer, hint


def render(batch, plain=False):
    """Notebook name -> HTML for each `Sheets` of a batch; `plain` takes nothing apart that the student wrote."""
    return [{name: _page(one, name, content, plain) for name, content in one.notebooks.items()} for one in batch]


def _page(one, name, content, plain):
    with page_time(0 if plain else PAGE):
        return document.page(
            one.student, one.assignment, one.verdict, name, _notebook(content),
            manual=one.marks.get(name, ()), received=one.received, late=one.late.get(name),
        )  # fmt: skip


def _notebook(content):
    """The notebook as parsed JSON, None if there is none: then the page does without the student's own text."""
    with suppress(ValueError, RecursionError, TypeError):
        return json.loads(content)
    return None


def _load():
    answer("# Title\n\n$h_t$ and `code`\n\n$$\nx\n$$")
    hint("$h_t$")
    highlighted("def f(x):\n    return 'x'")
    document.template()


_load()
