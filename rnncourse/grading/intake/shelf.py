"""The files taken so far, and the limits that each further one is held against."""

from rnncourse.grading.intake.names import CLAIM, clean_part, is_ignored
from rnncourse.grading.intake.notes import quoted

_MB = 2**20


class Shelf:
    """Relative POSIX path -> content of what was taken from a folder or an archive; the rest is a remark."""

    def __init__(self, limits, notes, files=()):
        self.files, self.limits, self.notes = dict(files), limits, notes
        self._folders = set().union(*map(self._folders_of, self.files))
        self._bytes = sum(map(len, self.files.values()))
        self._unpacked = 0

    @property
    def room(self):
        """Bytes that may still be taken."""
        return self.limits.total - self._bytes

    @property
    def largest(self):
        """Bytes that the next file may have."""
        return min(self.limits.file_size, self.room)

    def put(self, parts, size, content):
        """Take one file under the path `parts` if the limits allow; `content(n)` reads it, and at most n bytes of it.

        `size` is what folder or archive say that it has; more than that may come.
        """
        if any(map(is_ignored, parts)) or tuple(parts) == (CLAIM,):
            return
        path = "/".join(map(clean_part, parts))
        if reason := self._reason_against(parts, path, size):
            self.notes.refused(f"{quoted(path)} was not taken: {reason}")
            return
        found = content(self.largest + 1)
        if found is None:
            return
        if len(found) > self.largest:
            self.notes.refused(f"{quoted(path)} was not taken: it holds more than it says")
            return
        if path != "/".join(parts):
            self.notes.repaired(f"a file whose name cannot be written everywhere was taken as {quoted(path)}")
        self.files[path] = found
        self._folders |= self._folders_of(path)
        self._bytes += len(found)

    def remove(self, path):
        """Take a file out again and give its room back."""
        self._bytes -= len(self.files[path])
        return self.files.pop(path)

    def unpack(self, size):
        """Note that so many bytes are about to be unpacked, whatever is taken of them; whether they may be."""
        self._unpacked += size
        return self._unpacked <= self.limits.unpacked

    @staticmethod
    def _folders_of(path):
        """The paths of all folders that a file lies in."""
        return {path[:place] for place, one in enumerate(path) if one == "/"}

    def _reason_against(self, parts, path, size):
        """Why a file is not taken, or an empty string."""
        limits = self.limits
        if len(parts) - 1 > limits.depth:
            return f"it lies more than {limits.depth} folders deep"
        if any(len(clean_part(part).encode()) > limits.name for part in parts):
            return f"a name in its path is longer than {limits.name} bytes"
        if path in self.files or path in self._folders or not self._folders_of(path).isdisjoint(self.files):
            return "a file or folder of this name is there already"
        if len(self.files) >= limits.files:
            return f"a submission may have {limits.files} files"
        if size > limits.file_size:
            return f"it has {size / _MB:.1f} MB, a file may have {limits.file_size / _MB:g}"
        if size > self.room:
            return f"all files together may have {limits.total / _MB:g} MB"
        return ""
