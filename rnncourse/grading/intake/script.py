"""A notebook that was handed in as a .py file: saved as py:percent, exported by nbconvert, or one plain program."""

import re

from rnncourse.grading.intake.notebook import Cell, Page

_HEADER = re.compile(r"^(?:# %%|# In\[[ \d]*\]:).*$", re.MULTILINE)


def read_script(content, limits):
    """The Page in the bytes of a Python file; one without marks between cells is a single cell."""
    text = content.decode("utf-8", "replace").replace("\r\n", "\n").removeprefix("\ufeff")
    headers = list(_HEADER.finditer(text))[: limits.cells]
    ends = [header.start() for header in headers[1:]] + [len(text)]
    cells = [Cell("code", text[: headers[0].start() if headers else len(text)].strip("\n"))]
    cells += [_cell(header[0], text[header.end():end].strip("\n")) for header, end in zip(headers, ends, strict=False)]
    return Page(tuple(cell for cell in cells if cell.source.strip() and len(cell.source) <= limits.source))


def _cell(header, source):
    if "[markdown]" in header or "[md]" in header:
        return Cell("markdown", re.sub(r"^# ?", "", source, flags=re.MULTILINE))
    return Cell("code", source)
