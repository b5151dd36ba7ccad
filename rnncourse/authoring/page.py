"""A notebook as the lint rules look at it: its text taken apart, its outputs as plain text."""

import re
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path

import nbformat
from markdown_it import MarkdownIt

_MARKDOWN = MarkdownIt("commonmark").enable("table")
_DATA_URI = re.compile(r"data:[\w/+.-]+;base64,[A-Za-z0-9+/=]+")


@dataclass
class Page:
    """One notebook with its name for messages, its folder (for relative links) and, for a release, its solution."""

    name: str
    notebook: nbformat.NotebookNode
    folder: Path | None = None
    solution: nbformat.NotebookNode | None = None

    @classmethod
    def read(cls, path, root, prefix=""):
        """The notebook file at `path`, called by its place under `root`."""
        # nbformat.read would quietly rename a duplicated cell id, the very fault to be found.
        notebook = nbformat.v4.reads(path.read_text(encoding="utf-8"))
        return cls(prefix + path.relative_to(root).as_posix(), notebook, path.parent)

    @property
    def code(self):
        return [cell for cell in self.notebook.cells if cell.cell_type == "code"]

    @cached_property
    def markdown(self):
        """(cell, markdown tokens) of each text cell."""
        return [(cell, _MARKDOWN.parse(cell.source)) for cell in self.notebook.cells if cell.cell_type == "markdown"]

    @cached_property
    def headings(self):
        """(cell id, level, text) of each heading, in order."""
        return [(cell.id, int(token.tag[1]), tokens[place + 1].content)
                for cell, tokens in self.markdown for place, token in enumerate(tokens) if token.type == "heading_open"]

    @cached_property
    def inline(self):
        """(cell id, inline token) for each piece of running text, link, image and HTML outside code."""
        return [(cell.id, piece) for cell, tokens in self.markdown for token in tokens
                for piece in (token.children or [token])]


def nbgrader_block(cell):
    """nbgrader's metadata of a cell; empty for a cell that nbgrader does not know."""
    return cell.metadata.get("nbgrader", {})


def is_test(cell):
    """Whether the cell is a check cell: graded, and not written by the student."""
    return bool(nbgrader_block(cell).get("grade") and not nbgrader_block(cell).get("solution"))


def images_without_alt(html):
    """Whether any <img> of the HTML lacks an alt text."""
    return any(not alt.strip() for alt in alts(html))


def alts(html):
    """Alt text of every <img>, "" where there is none."""
    return _Images(html).alts


class _Images(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.alts = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.alts.append(dict(attributes).get("alt") or "")


def output_texts(output):
    """The text, plain and HTML, of one output; pictures left out."""
    data = output.get("data", {})
    texts = [output.get("text", ""), *(data[kind] for kind in ("text/plain", "text/html", "text/markdown") if kind in data)]
    return [_DATA_URI.sub("", text) for text in texts]


def shown(cell):
    """All text that a cell shows below itself."""
    return "\n".join(text for output in cell.get("outputs", []) for text in output_texts(output))
