"""Unpack .zip, .tar and .tar.gz in memory: plain files with plain paths, each held against the same limits.

Tar is read here and not with `tarfile`, whose parser has hung on hostile headers more than once (CVE-2019-20907,
CVE-2024-6232, CVE-2025-8194); this one goes forward by at least one block at each step. An entry that turns out to be
damaged has been unpacked all the same, so it counts towards the bound on what is unpacked.
"""

import gzip
import io
import stat
import zipfile

from rnncourse.grading.intake.names import ARCHIVES, OTHER_ARCHIVES
from rnncourse.grading.intake.notes import quoted

_BLOCK = 512
_ENTRY = b"PK\x01\x02"  # starts every entry of a zip's directory
_FILE, _FOLDER, _LONG_NAME, _PAX = (b"0", b"\0", b"7"), b"5", b"L", b"x"
_WITHOUT_CONTENT = (b"g", b"K")  # what pax and GNU tar say of all that follows, and the target of a link


class ArchiveError(ValueError):
    """An archive that cannot be unpacked; the message says why."""


def unpack(path, content, shelf):
    """Put the files of the archive `content`, which lies at `path`, on the shelf, beside where the archive lies."""
    above = tuple(path.split("/")[:-1])
    try:
        entries = _zip(content, shelf) if content[:2] == b"PK" else _tar(_gunzip(content, shelf), shelf)
        for number, (name, size, read) in enumerate(entries, 1):
            if number > shelf.limits.entries:
                raise ArchiveError(f"more than {shelf.limits.entries} entries")
            _put(above, name, size, read, path, shelf)
    except Exception as error:  # noqa: BLE001 - zipfile has raised everything from OverflowError to NotImplementedError
        why = str(error) if isinstance(error, ArchiveError) else "it is damaged"
        shelf.notes.refused(f"the archive {quoted(path)} was not unpacked to its end: {why}")


def _put(above, name, size, read, archive, shelf):
    """One entry on the shelf; `read` is None with the reason in place of the size if it is no plain file."""
    parts = tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))
    why = ""
    if name.startswith(("/", "\\")) or name[1:2] == ":" or ".." in parts or not parts:
        why = "its path leads out of the archive"
    elif read is None:
        why = size
    elif parts[-1].lower().endswith((*ARCHIVES, *OTHER_ARCHIVES)):
        why = "archives in archives are not unpacked"
    try:
        if not why:
            shelf.put((*above, *parts), size, read)
    except ArchiveError:
        raise
    except Exception:  # noqa: BLE001 - as above; this one entry is damaged
        why = "it is damaged"
    if why:
        shelf.notes.refused(f"{quoted(name)} in {quoted(archive)} was not taken: {why}")


def _zip(content, shelf):
    """(name, size, reader) of every entry."""
    # The directory is read as a whole; each of its entries starts with this mark, so their number is known before.
    if content.count(_ENTRY) > shelf.limits.entries:
        raise ArchiveError(f"more than {shelf.limits.entries} entries")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            if why := _zip_refusal(entry):
                yield entry.filename, why, None
            else:
                # A packed entry is read to its end even where little comes out of it, and entries may share their bytes.
                effort = entry.file_size + min(entry.compress_size, len(content))
                yield entry.filename, entry.file_size, lambda most, entry=entry, effort=effort: _first(archive, entry, most, effort, shelf)


def _zip_refusal(entry):
    """Why an entry is not read, or an empty string."""
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "it is no regular file"
    if entry.flag_bits & 1:
        return "it is encrypted"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "its compression is not known here; use an ordinary zip"
    return ""


def _first(archive, entry, most, effort, shelf):
    """At most `most` bytes of an entry, unpacked only so far."""
    _demand(shelf, effort)
    with archive.open(entry) as file:
        return file.read(most)


def _gunzip(content, shelf):
    """What a gzip file holds, within the limits; anything else as it is."""
    if content[:2] != b"\x1f\x8b":
        return content
    most = shelf.limits.total + 2 * _BLOCK * shelf.limits.entries
    _demand(shelf, most)
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
        unpacked = file.read(most + 1)
    shelf.unpack(len(unpacked) - most)  # the rest of what was demanded
    if len(unpacked) > most:
        raise ArchiveError(f"it unpacks to more than {most / 2**20:.0f} MB")
    return unpacked


def _demand(shelf, size):
    """Raise ArchiveError if so many more bytes are not to be unpacked."""
    if not shelf.unpack(size):
        raise ArchiveError(f"archives may unpack to {shelf.limits.unpacked / 2**20:g} MB, damaged entries included")


def _tar(content, shelf):
    """(name, size, reader) of every entry; a longer name stands in an entry of its own before it."""
    place, name, headers = 0, "", 0
    while place + _BLOCK <= len(content) and any(header := content[place:place + _BLOCK]):
        headers += 1
        if headers > 4 * shelf.limits.entries:  # an entry may have one with its name, one for all behind it, one for its folder
            raise ArchiveError(f"more than {shelf.limits.entries} entries")
        kind, size, start = header[156:157], _size(header), place + _BLOCK
        if start + size > len(content):
            raise ArchiveError("it is cut off")
        body = content[start:start + size]
        place = start + -(-size // _BLOCK) * _BLOCK
        if kind in (_LONG_NAME, _PAX):
            name = _text(body) if kind == _LONG_NAME else _pax_path(body) or name
        elif kind not in _WITHOUT_CONTENT:
            if kind in _FILE:
                yield name or _name(header), size, lambda most, body=body: body[:most]
            elif kind != _FOLDER:
                yield name or _name(header), "it is no regular file", None
            name = ""


def _size(header):
    """Bytes of an entry's content; ArchiveError if the header is none."""
    bare = header[:148] + b" " * 8 + header[156:]
    if _octal(header[148:156]) != sum(bare):
        raise ArchiveError("it is damaged, or no tar archive")
    if header[124] & 0x80:  # GNU's way to write more than 8 GB, which no submission has
        raise ArchiveError("it announces a file of more than 8 GB")
    return _octal(header[124:136])


def _octal(field):
    digits = field.strip(b" \0")
    if not all(48 <= digit < 56 for digit in digits):
        raise ArchiveError("it is damaged, or no tar archive")
    return int(digits or b"0", 8)


def _name(header):
    prefix = _text(header[345:500]) if header[257:263] == b"ustar\0" else ""
    return f"{prefix}/{_text(header[:100])}" if prefix else _text(header[:100])


def _pax_path(body):
    """The path in a pax header, whose records read `LENGTH KEY=VALUE` and end in a newline; empty if it has none."""
    return next((_text(line.partition(b"=")[2]) for line in body.split(b"\n") if line.partition(b"=")[0].endswith(b" path")), "")


def _text(field):
    return field.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")
