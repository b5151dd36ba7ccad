"""What is kept of the outputs of a learner's cells: text and PNG pictures, up to a size, never HTML.

An instructor opens these in a browser, so nothing may pass that a browser would run.
"""

import base64
import binascii
import re

MESSAGE = 64 * 1024  # a message up to this size is always looked at: it may say that the kernel is idle
PNG = b"\x89PNG\r\n\x1a\n"
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,16}\b")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]")  # ESC stays: it colours tracebacks


def printable(text):
    """Text without control characters and without memory addresses, which differ from run to run."""
    return _ADDRESS.sub("0x…", _CONTROL.sub("�", text)).encode("utf-8", "replace").decode("utf-8")


class Outputs:
    """The nbformat outputs of one cell; once `most` bytes are kept, the rest is counted by one line."""

    def __init__(self, most):
        self.list, self.size, self._most, self._full = [], 0, most, False

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

    def _stream(self, content):
        name = "stderr" if content.get("name") == "stderr" else "stdout"
        text = self._fitting(content.get("text"))
        if text and self.list and self.list[-1].get("name") == name:
            self.list[-1]["text"] += text
        elif text:
            self.list.append({"output_type": "stream", "name": name, "text": text})

    def _display(self, content):
        data = content.get("data")
        if not isinstance(data, dict):
            return
        kept = {}
        if picture := _png(data.get("image/png"), self._most - self.size):
            kept["image/png"] = picture
            self.size += len(picture)
        if text := self._fitting(data.get("text/plain")):
            kept["text/plain"] = text
        if kept:
            self.list.append({"output_type": "display_data", "data": kept, "metadata": {}})

    def _error(self, content):
        name, value = self._fitting(content.get("ename")), self._fitting(content.get("evalue"))
        self.list.append({"output_type": "error", "ename": name or "Error", "evalue": value or "", "traceback": []})

    def _fitting(self, text):
        """The text as far as there is room for it, with a line in place of the rest."""
        if not isinstance(text, str):
            return ""
        room = self._most - self.size
        if len(text) > room:
            self._full, text = True, text[: max(room, 0)] + "\n[more output was left out]\n"
        self.size += len(text)
        return printable(text)


def _png(text, most):
    """The base64 text of a PNG picture that is one and fits; else None."""
    if not isinstance(text, str) or len(text) > most:
        return None
    try:
        content = base64.b64decode(text)
    except (binascii.Error, ValueError):
        return None
    return base64.b64encode(content).decode("ascii") if content.startswith(PNG) else None
