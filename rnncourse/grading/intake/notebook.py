"""A notebook file of a student's as plain cells, whatever program wrote it and whoever changed it by hand.

The file is measured before it is parsed, and only text, names and a few kinds of metadata are taken from it: outputs,
and with them most of its bytes, are left behind here. All versions of the format are read alike.
"""

import json
import re
from dataclasses import dataclass, field, replace
from functools import cached_property

from rnncourse.grading.intake.code import defined, plain, words
from rnncourse.grading.intake.notes import Notes, printable
from rnncourse.grading.intake.slips import correct_blanks, has_conflict, name_quotes, resolve

_KINDS = ("code", "markdown", "raw")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")  # of UTF-8 and UTF-16 files
_DIGITS = 300  # of a number; Python takes long for more, and Jupyter writes none
_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*+")


class UnreadableError(ValueError):
    """A file that holds no notebook; the message says why."""


@dataclass(frozen=True)
class Cell:
    """One cell: its kind, text and id, nbgrader's block of metadata, tags, and pictures pasted into it.

    `id` is empty if it has none; Colab keeps it in the metadata.
    """

    kind: str
    source: str
    id: str = ""
    block: dict = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    attachments: dict = field(default_factory=dict)

    @property
    def grade_id(self):
        name = self.block.get("grade_id")
        return name if isinstance(name, str) else ""

    @cached_property
    def text(self):
        """The source as it is compared: blanks at the ends of lines and around it do not count."""
        return "\n".join(line.rstrip() for line in self.source.splitlines()).strip()

    @cached_property
    def bare(self):
        """The source without what neither Python nor a reader sees: of code, comments and blanks."""
        return plain(self.source) if self.kind == "code" else "".join(self.source.split())

    @cached_property
    def names(self):
        """Names that a code cell defines at its top level."""
        return defined(self.source) if self.kind == "code" else frozenset()

    @cached_property
    def words(self):
        return words(self.source)


@dataclass(frozen=True)
class Page:
    """The cells of one file, the language that it is written in ("" if it does not say), and what was mended in reading."""

    cells: tuple[Cell, ...]
    language: str = ""
    remarks: tuple = ()


def read_notebook(content, limits):
    """The Page in the bytes of a notebook file; raises UnreadableError, and nothing else, if they hold none."""
    notes = Notes()
    data = _parsed(content, limits, notes)
    found = _cells_of(data, notes)
    if len(found) > limits.cells:
        notes.refused(f"only the first {limits.cells} of {len(found)} cells were taken")
    cells = [cell for one in found[: limits.cells] if isinstance(one, dict) for cell in _correct(_cell(one, limits, notes), notes)]
    if wrong := sum(not isinstance(one, dict) for one in found[: limits.cells]):
        notes.repaired(f"{wrong} entries that are no cells were left out")
    return Page(tuple(cells), _language(data), notes.remarks(limits.remarks))


def _parsed(content, limits, notes):
    if not content.strip():
        raise UnreadableError("it is empty")
    if sum(map(content.count, (b",", b"[", b"{"))) > limits.values:
        raise UnreadableError(f"it holds more than {limits.values:,} values; clear the outputs and hand it in again")
    if content.startswith(_MARKS) or b"\0" in content[:4]:
        notes.repaired("the file was not written in plain UTF-8, as notebooks are")
    try:
        return _loads(content, notes)
    except UnicodeDecodeError:
        notes.repaired("the file holds bytes that are no text; they were replaced")
        return _loads(content.decode("utf-8", "replace"), notes)


def _loads(content, notes):
    def once(pairs):
        found = dict(pairs)
        if len(found) < len(pairs):
            notes.repaired("an entry stands twice in the file; the last of the two counts")
        return found

    def constant(name):
        notes.repaired("the file holds NaN or Infinity, which is no JSON; left out")

    def number(digits):
        return int(digits) if len(digits) <= _DIGITS else None

    text = content if isinstance(content, str) else content.decode(json.detect_encoding(content), "surrogatepass")
    text = text.removeprefix("\ufeff").lstrip()
    decoder = json.JSONDecoder(strict=False, object_pairs_hook=once, parse_constant=constant, parse_int=number)
    try:
        found, end = decoder.raw_decode(text)
        if text[end:].strip(" \t\r\n\0"):
            notes.repaired("text behind the end of the notebook was left out")
        return found
    except json.JSONDecodeError as error:
        if has_conflict(text):
            raise UnreadableError("git's marks of a conflict (<<<<<<<) stand in it; resolve the conflict and hand it in again") from None
        if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated"):
            raise UnreadableError(f"it breaks off in line {error.lineno}; save the notebook and hand it in again") from None
        raise UnreadableError(f"it is no JSON: {error.msg} in line {error.lineno}") from None
    except (ValueError, RecursionError, MemoryError):
        raise UnreadableError("its JSON is nested too deep or too large") from None


def _cells_of(data, notes):
    """The list of cells of any version of the format."""
    if isinstance(data, dict):
        if isinstance(cells := data.get("cells"), list):
            return cells
        if isinstance(sheets := data.get("worksheets"), list):  # versions 1 to 3
            notes.repaired("the notebook is in an old version of the format and was brought up to date")
            lists = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
            return [cell for cells in lists if isinstance(cells, list) for cell in cells]
    raise UnreadableError("it has no list of cells")


def _cell(data, limits, notes):
    metadata = _dict(data.get("metadata"))
    name = _id(data.get("id")) or _id(metadata.get("id"))
    source = _source(data, name, limits, notes)
    kind = data.get("cell_type")
    if kind == "heading":  # version 3
        level = data.get("level")
        source = "#" * (level if isinstance(level, int) and 0 < level < 7 else 1) + " " + source
    kind = kind if kind in _KINDS else "markdown" if kind in ("heading", "html") else "raw"
    tags = metadata.get("tags")
    tags = tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()
    pictures = {} if kind == "code" else _attachments(data.get("attachments"))
    return Cell(kind, source, name, _dict(metadata.get("nbgrader")), tags, pictures)


def _correct(cell, notes):
    """The cell without slips of pasting and merging; of a conflict, the other side follows as a cell that does not run."""
    other = ()
    if has_conflict(cell.source):
        source, rest = resolve(cell.source)
        notes.repaired("git's marks of a conflict stood in this cell: one side was taken, and the other follows as a cell of its own", cell.id)
        cell, other = replace(cell, source=source), (Cell("raw", rest),)
    if cell.kind == "code":
        name_quotes(cell.source, notes, cell.id)
        cell = replace(cell, source=correct_blanks(cell.source, notes, cell.id))
    return (cell, *other)


def _source(data, name, limits, notes):
    """The text of a cell, of which a part may be written as no notebook has it."""
    found = next((data[key] for key in ("source", "input", "code") if key in data), "")
    pieces = found if isinstance(found, list) else [found]
    text = "".join(piece for piece in pieces if isinstance(piece, str))
    if not all(isinstance(piece, str) for piece in pieces):
        notes.repaired("a part of a cell's text that is no text was left out", name)
    if len(text) > limits.source:
        notes.refused(f"the text of a cell was left out: it has {len(text):,} characters, a cell may have {limits.source:,}", name)
        return ""
    if _SURROGATE.search(text):
        notes.repaired("halves of characters in a cell's text were replaced", name)
        text = _SURROGATE.sub("\ufffd", text)
    return text


def _attachments(found):
    """Pictures that were pasted into a text cell: name -> {kind: base64}; anything else is left out."""
    pictures = {}
    for name, bundle in _dict(found).items():
        kept = {kind: _joined(bundle[kind]) for kind in _IMAGES if kind in _dict(bundle)}
        kept = {kind: text for kind, text in kept.items() if text and _BASE64.fullmatch(text)}
        if kept and printable(name, 200) == name:
            pictures[name] = kept
    return pictures


def _joined(found):
    pieces = found if isinstance(found, list) else [found]
    return "".join(piece for piece in pieces if isinstance(piece, str))


def _language(data):
    """The programming language that the notebook's metadata name, in small letters."""
    metadata = _dict(data.get("metadata"))
    names = (_dict(metadata.get("kernelspec")).get("language"), _dict(metadata.get("language_info")).get("name"))
    return next((name.lower() for name in names if isinstance(name, str)), "")


def _id(found):
    """A cell's id if the format allows it, else an empty string."""
    return found if isinstance(found, str) and re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", found) else ""


def _dict(found):
    return found if isinstance(found, dict) else {}
