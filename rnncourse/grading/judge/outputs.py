"""What is kept of the outputs of a learner's cells: text and PNG pictures, up to a size and a number, never HTML.

An instructor opens these in a browser, so nothing may pass that a browser would run.
"""

import base64
import binascii
import re

from rnncourse.grading.characters import one_line, visible

MESSAGE = 64 * 1024  # a message up to this size is always looked at: it may say that the kernel is idle
COUNT = 200  # outputs of one cell: each costs a page more than its text
PNG = b"\x89PNG\r\n\x1a\n"
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,16}\b")
_LEFT_OUT = "\n[more output was left out]\n"


def printable(text):
    """Text from the kernel as it may leave the sandbox: every character visible, without memory addresses, which differ from run to run."""
    return visible(_ADDRESS.sub("0x…", text))


def printable_line(text):
    """The same in one line."""
    return one_line(_ADDRESS.sub("0x…", text))


class Outputs:
    """The nbformat outputs of one cell; once `most` bytes or `COUNT` outputs are kept, the rest is counted by one line."""

    def __init__(self, most):
        self.size, self._kept, self._most, self._full = 0, [], most, False

    @property
    def list(self):
        """The outputs; what a stream printed over again is looked at as a whole, whatever pieces it came in."""
        return [
            {**one, "text": printable("".join(one["text"]))} if one["output_type"] == "stream" else one for one in self._kept
        ]

    def wants(self, frames):
        """Whether a raw message is worth parsing: small ones always are, large ones while there is room."""
        length = sum(map(len, frames))
        return length <= MESSAGE or (not self._full and length <= 4 * self._most)

    def add(self, kind, content):
        """Keep what one message shows, if it shows something that may be kept."""
        if self._full:
            return
        if kind == "stream":
            self._stream(content)
        elif kind in ("display_data", "execute_result"):
            self._display(content)
        elif kind == "error":
            self._error(content)
        if len(self._kept) >= COUNT:
            self._full = True
            self._print("stdout", _LEFT_OUT)

    def _stream(self, content):
        text = self._fitting(content.get("text"))
        if text:
            self._print("stderr" if content.get("name") == "stderr" else "stdout", text)

    def _print(self, name, text):
        if self._kept and self._kept[-1].get("name") == name:
            self._kept[-1]["text"].append(text)
        else:
            self._kept.append({"output_type": "stream", "name": name, "text": [text]})

    def _display(self, content):
        data = content.get("data")
        if not isinstance(data, dict):
            return
        kept = {}
        if picture := _png(data.get("image/png"), self._most - self.size):
            kept["image/png"] = picture
            self.size += len(picture)
        if text := self._fitting(data.get("text/plain")):
            kept["text/plain"] = printable(text)
        if kept:
            self._kept.append({"output_type": "display_data", "data": kept, "metadata": {}})

    def _error(self, content):
        name, value = (printable(self._fitting(content.get(key))) for key in ("ename", "evalue"))
        self._kept.append({"output_type": "error", "ename": " ".join(name.split()) or "Error", "evalue": value, "traceback": []})

    def _fitting(self, text):
        """The text as far as there is room for it, with a line in place of the rest."""
        if not isinstance(text, str):
            return ""
        room = self._most - self.size
        if len(text) > room:
            self._full, text = True, text[: max(room, 0)] + _LEFT_OUT
        self.size += len(text)
        return text


def _png(text, most):
    """The base64 text of a PNG picture that is one and fits; else None."""
    if not isinstance(text, str) or len(text) > most:
        return None
    try:
        content = base64.b64decode(text)
    except (binascii.Error, ValueError):
        return None
    return base64.b64encode(content).decode("ascii") if content.startswith(PNG) else None
