"""A table as CSV that a spreadsheet can open without running what a student wrote.

Every cell is quoted (RFC 4180) and in one line, with nothing invisible in it: some readers split a file at each line
break, and begin a cell anew. A text that a spreadsheet would take for a formula gets an apostrophe in front, as OWASP
advises ("CSV Injection"): a student may be called `=HYPERLINK(...)`. Numbers are left as they are.
"""

import csv
import io

from rnncourse.grading.characters import one_line

# The last four are the full-width forms, which spreadsheets of East Asian languages read as the same signs.
FORMULA = ("=", "+", "-", "@", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}",
           "\N{FULLWIDTH HYPHEN-MINUS}", "\N{FULLWIDTH COMMERCIAL AT}")  # fmt: skip
MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"  # the byte order mark by which Excel knows that a file is UTF-8


def as_csv(rows, *, mark=False):
    """The rows as text; a cell is a text, a number, a truth value or None (empty).

    >>> print(as_csv([["name", "points"], ["=1+1", 2.5], ["Ann, B.", None]]).replace("\\r", ""), end="")
    "name","points"
    "'=1+1","2.5"
    "Ann, B.",""
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerows([cell(value) for value in row] for row in rows)
    return (MARK if mark else "") + file.getvalue()


def cell(value):
    """The text of one cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:.10g}"
    text = one_line(str(value))
    return "'" + text if text.lstrip().startswith(FORMULA) else text
