"""PNG and JPEG pictures taken apart and put together from the parts that draw; anything else is no picture.

Comments, dates, positions, colour profiles and whatever stands behind the end are dropped. No pixel is decoded here.
"""

import base64
import binascii
import re
import struct
import zlib

MOST = 400_000  # bytes of one picture
LARGEST = 16_000_000  # pixels: more would cost the reader's browser hundreds of megabytes
SIDE = 8_000

_PNG = b"\x89PNG\r\n\x1a\n"
_DRAWS = {b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"IDAT", b"IEND"}
_FRAMES = {0xC0, 0xC1, 0xC2}  # baseline, extended, progressive
_KEPT = _FRAMES | {0xC4, 0xDA, 0xDB, 0xDD, 0xE0, 0xEE}  # tables, scans, restart interval, JFIF, colour transform
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def data_uri(kind, text):
    """A data URI with the cleaned picture, or "" if it is none, or too large.

    Args:
        kind: "image/png" or "image/jpeg".
        text: the picture in base64, as notebooks keep it; any value is borne.
    """
    clean = {"image/png": _png, "image/jpeg": _jpeg}.get(kind)
    if clean is None or not isinstance(text, str) or len(text) > MOST * 4 // 3 + 4:
        return ""
    try:
        content = clean(base64.b64decode("".join(text.split()), validate=True))
    except (binascii.Error, ValueError, struct.error, IndexError):
        return ""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _png(content):
    if not content.startswith(_PNG):
        raise ValueError("no PNG")
    kept, place, kind = [_PNG], len(_PNG), b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", content, place)
        chunk = content[place : place + 12 + length]
        if struct.unpack(">I", chunk[-4:])[0] != zlib.crc32(chunk[4:-4]) or len(chunk) != 12 + length:
            raise ValueError("a damaged chunk")
        if len(kept) == 1:
            _demand_size(kind == b"IHDR" and length == 13, *struct.unpack_from(">II", chunk, 8))
        if kind in _DRAWS:
            kept.append(chunk)
        place += len(chunk)
    return b"".join(kept)


def _jpeg(content):
    if not content.startswith(b"\xff\xd8"):
        raise ValueError("no JPEG")
    kept, frames = [b"\xff\xd8"], 0
    for marker, segment in _segments(content):
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", segment, 5)
            _demand_size(frames == 0, width, height)
            frames += 1
        if marker in _KEPT:
            kept.append(segment)
    if not frames:
        raise ValueError("a picture without a size")
    return b"".join([*kept, b"\xff\xd9"])


def _segments(content):
    """(marker, bytes) of each part of a JPEG up to its end; a scan comes with the pixels behind it."""
    place = 2
    while content[place + 1] != 0xD9:
        marker = content[place + 1]
        if content[place] != 0xFF:
            raise ValueError("no marker where one must stand")
        end = place + 2 + struct.unpack_from(">H", content, place + 2)[0]
        if marker == 0xDA:
            found = _AFTER_SCAN.search(content, end)
            end = found.start() if found else len(content)
        yield marker, content[place:end]
        place = end


def _demand_size(good, width, height):
    if not (good and 0 < width <= SIDE and 0 < height <= SIDE and width * height <= LARGEST):
        raise ValueError(f"a picture of {width} × {height} pixels")
