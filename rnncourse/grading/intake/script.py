"""A notebook that was handed in as a .py file: saved by jupytext, exported by nbconvert, or one plain program."""

import re
from itertools import islice

from rnncourse.grading.intake.notebook import Cell, Page

_HEADER = re.compile(r"^(?:# %%.*|# In\[[ \d]*\]:[ \t]*|# \+(?: .*)?)$", re.MULTILINE)
_PREAMBLE = re.compile(r"\A(?:#!.*\n)?(?:(?=#.{0,99}coding[:=]).*+\n)?\s*(?:# ---\n(?:#.*\n)*?# ---\n)?")


def read_script(content, limits):
    """The Page in the bytes of a Python file; one without marks between cells is a single cell."""
    text = content.decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n")
    text = _PREAMBLE.sub("", text, count=1)
    found = (cell for cell in _all_cells(text, limits.cells) if cell.text and len(cell.source) <= limits.source)
    return Page(tuple(islice(found, limits.cells)))


def _all_cells(text, most):
    """Iterate over the cells; what stands behind the mark of the last that is taken is in that one."""
    headers = list(islice(_HEADER.finditer(text), most))
    if not headers:
        yield Cell("code", text)
        return
    yield from _with_text(text[: headers[0].start()], most)
    ends = [header.start() for header in headers[1:]] + [len(text)]
    for header, end in zip(headers, ends, strict=True):
        yield from _cells(header[0], text[header.end():end], most)


def _cells(header, source, most):
    if "[markdown]" in header or "[md]" in header:
        return [_markdown(source.strip("\n"))]
    if header.startswith("# %%"):
        return [Cell("code", source.strip("\n"))]
    return _with_text(re.sub(r"^# -$", "", source, flags=re.MULTILINE), most)


def _with_text(source, most):
    """Code and the comments behind it, at most `most`, which were cells of text: nothing else marks them in these formats."""
    lines = source.strip("\n").split("\n")
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    while end and end < len(lines) and lines[end].strip():  # a comment right below the code belongs to it
        end += 1
    texts = re.split(r"\n\s*\n", "\n".join(lines[end:]).strip("\n"), maxsplit=most)
    return [Cell("code", "\n".join(lines[:end])), *map(_markdown, texts)]


def _markdown(source):
    return Cell("markdown", re.sub(r"^# ?", "", source, flags=re.MULTILINE))
