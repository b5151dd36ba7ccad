"""Files to begin with: every kind that readers know, in every dialect, whole and in ways in which they were once broken."""

import gzip
import io
import json
import struct
import tarfile
import zipfile

from tests.grading.intake.conftest import NAME, RELEASE, Paper, solutions

RIGHT = solutions()
LONG = "/".join(["folder" * 10] * 3) + "/notebook.ipynb"


# ---------------------------------------------------------------- archives


def zipped(members, method=zipfile.ZIP_DEFLATED, comment=b""):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        archive.comment = comment
    return buffer.getvalue()


def zip64(offset=0, size=1, entries=1, extra_offset=None):
    """A small zip whose end is written in the 64-bit form, with numbers of our choice in it."""
    name = b"a.ipynb"
    extra = b"" if extra_offset is None else struct.pack("<HHQ", 1, 8, extra_offset)
    entry = struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 45, 45, 0, 0, 0, 33, 0, 1, 1, len(name), len(extra), 0, 0, 0, 0, 0 if extra_offset is None else 2**32 - 1)
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 45, 0, 0, 0, 33, 0, 1, 1, len(name), 0) + name + b"x"
    directory = entry + name + extra
    end64 = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, entries, entries, size if size > 1 else len(directory), offset or len(local))
    locator = struct.pack("<IIQI", 0x07064B50, 0, len(local) + len(directory), 1)
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 2**16 - 1, 2**16 - 1, 2**32 - 1, 2**32 - 1, 0)
    return local + directory + end64 + locator + end


def tarred(members, form=tarfile.GNU_FORMAT, kind=tarfile.REGTYPE):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.type, member.size = kind, len(content) if kind == tarfile.REGTYPE else 0
            member.linkname = "/etc/passwd" if kind != tarfile.REGTYPE else ""
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def damaged(entries, size):
    """A zip of so many entries, each of which unpacks to `size` bytes and then turns out to be damaged."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0", bytes(size))
        entry = archive.infolist()[0]
        packed = buffer.getvalue()[entry.header_offset + 31:][: entry.compress_size]
    local, directory = [], []
    for number in range(entries):
        name, place = f"{number}.ipynb".encode(), sum(map(len, local))
        fields = (8, 0, 33, 0xDEADBEEF, len(packed), size, len(name), 0)
        local.append(struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, *fields) + name + packed)
        directory.append(struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, *fields, 0, 0, 0, 0, place) + name)
    start, length = sum(map(len, local)), sum(map(len, directory))
    return b"".join((*local, *directory)) + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, entries, entries, length, start, 0)


MEMBERS = {"a.ipynb": RELEASE[:2000], LONG: b"long", "./dot/\u00dcbung.txt": b"", "b.py": b"x = 1\n" * 50}
ARCHIVES = {
    "zip": zipped(MEMBERS),
    "stored zip": zipped(MEMBERS, zipfile.ZIP_STORED, b"a comment"),
    "bzip2 in a zip": zipped(MEMBERS, zipfile.ZIP_BZIP2),
    "lzma in a zip": zipped(MEMBERS, zipfile.ZIP_LZMA),
    "empty zip": zipped({}),
    "zip64": zip64(),
    "zip64, a directory beyond the file": zip64(offset=2**63),
    "zip64, a directory beyond all files": zip64(offset=2**64 - 1),
    "zip64, a directory of 2**63 bytes": zip64(size=2**63 + 5),
    "zip64, an entry at 2**63": zip64(extra_offset=2**63),
    "zip64, an entry at 2**64 - 1": zip64(extra_offset=2**64 - 1),
    "zip64, many entries": zip64(entries=2**62),
    "damaged entries": damaged(12, 2000),
    **{f"tar {form}": tarred(MEMBERS, form) for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)},
    "links in a tar": tarred(MEMBERS, kind=tarfile.SYMTYPE),
    "tar.gz": gzip.compress(tarred(MEMBERS)),
    "gz in gz": gzip.compress(gzip.compress(tarred(MEMBERS))),
    "two gz": gzip.compress(b"x" * 600) + gzip.compress(tarred(MEMBERS)),
    "nothing": b"",
}


# ---------------------------------------------------------------- notebooks and programs


def _colab():
    notebook = json.loads(Paper().solve().content)
    for cell in notebook["cells"]:
        cell["metadata"]["id"] = cell.pop("id")
        cell["source"] = cell["source"].splitlines(keepends=True) if isinstance(cell["source"], str) else cell["source"]
    return json.dumps(notebook | {"nbformat_minor": 0}).encode()


def _old():
    cells = [{"cell_type": cell["cell_type"], "input": cell["source"], "metadata": {}} for cell in json.loads(Paper().solve().content)["cells"]]
    return json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}, {"cells": [{"cell_type": "heading", "level": 3, "source": "x"}]}]}).encode()


def _odd():
    notebook = Paper().solve("last_valid")
    notebook.add("\u200bx = 1", "last_valid", id="odd-1").add("%time x\n!ls\n?x", "last_valid", id="odd-2")
    notebook.cell("encode_text")["cell_type"] = "markdown"
    notebook.cell("encode_text")["attachments"] = {"a.png": {"image/png": "iVBORw0KGgo="}}
    return notebook.content


NOTEBOOKS = {
    "the release": RELEASE,
    "solved": Paper().solve().content,
    "half": Paper().solve("last_valid", "encode_text").content,
    "colab": _colab(),
    "old format": _old(),
    "odd": _odd(),
    "utf-16": Paper().solve("last_valid").content.decode().encode("utf-16"),
    "cut off": Paper().solve().content[:5000],
    "cells of odd kinds": b'{"cells": [null, 5, {"cell_type": 3, "source": {"a": 1}}, {"source": ["x", 5, null]}, {"cell_type": "heading", "level": "9"}]}',
    "numbers": b'{"cells": [{"source": "x", "id": 1e999, "metadata": {"tags": -Infinity}}], "n": ' + b"9" * 400 + b"}",
    "deep": b"[" * 3000 + b"]" * 3000,
    "deep metadata": b'{"cells": [{"source": "x = 1", "metadata": ' + b'{"a":' * 500 + b"1" + b"}" * 500 + b"}]}",
    "halves of characters": b'{"cells": [{"cell_type": "code", "id": "a", "source": "\\ud800\\udc00 \\udfff x"}]}',
}

PROGRAMS = {
    "jupytext": "\n\n".join(f"# %%\n{source}" for source in RIGHT.values()).encode(),
    "nbconvert": "\n\n".join(f"# In[{n}]:\n\n\n{source}\n\n# Text\n" for n, source in enumerate(RIGHT.values())).encode(),
    "light": "\n\n".join(f"# +\n{source}\n# -" for source in RIGHT.values()).encode(),
    "plain": "\n\n\n".join(RIGHT.values()).encode(),
    "preamble": b"#!/usr/bin/env python\n# -*- coding: latin-1 -*-\n# ---\n# jupyter: x\n# ---\n\n# %% [markdown]\n# text\n",
    "no text": bytes(range(256)) * 4,
}

# Code that some reader of it, ours or Python's, once stumbled over.
CODE = {
    "a space that is none in an f-string": "def last_valid(x):\n    return f\"{'\xa0'}\"",
    "quotes in an f-string": "def last_valid(x):\n    return f'''{x!r:{\"'\"}}'''",
    "a string of zeros": "def last_valid(x):\n    return '\\0\\n\\\\' + f\"{x:\\n}\"",
    "nested f-strings": "last_valid = f'{f\"{x}\"}' f\"{'{'}\"",
    "brackets": "last_valid = " + "(" * 180 + "x" + ")" * 180,
    "too many brackets": "last_valid = " + "(" * 3000 + "x" + ")" * 3000,
    "signs": "last_valid = " + "-" * 5000 + "1",
    "powers": "last_valid = " + "2**" * 2000 + "1",
    "attributes": "last_valid = x" + ".a" * 5000,
    "lambdas": "last_valid = " + "lambda: " * 500 + "x",
    "conditions": "last_valid = " + "1 if x else " * 900 + "1",
    "comprehensions": "last_valid = " + "[x for x in " * 90 + "y" + "]" * 90,
    "functions in functions": "".join(" " * n + f"def f{n}():\n" for n in range(90)) + " " * 90 + "pass",
    "too deep": "".join(" " * n + "if x:\n" for n in range(300)) + " " * 300 + "pass",
    "many names": ", ".join(f"a{n}" for n in range(2500)) + " = x\ndef last_valid(x):\n    return a0",
    "many targets": " = ".join(f"a{n}" for n in range(2500)) + " = x\ndef last_valid(x):\n    return a0",
    "zero byte": "def last_valid(x):\n    return x\0",
    "half a character": "def last_valid(x):\n    return '\ud800'",
    "form feeds": "\f\ndef last_valid(x):\f\n    return x",
    "continued": "def last_valid(x):\\\n    return x \\\n",
    "magic": "%matplotlib inline\ndef last_valid(x):\n    !ls {x}\n    return x",
    "global": "def last_valid(x):\n    global x, y\n    nonlocal z",
    "match": "match x:\n    case {'a': [1, *rest], **more} if (last_valid := x):\n        pass",
    "a large number": "last_valid = " + "9" * 5000,
    "names in other letters": "def l\u0430st_valid(\u202ex):\n    return \U0001d431",
    "imports": "from . import *\nfrom .. import a as last_valid\nimport a.b.c as last_valid, d",
    "a class": "class last_valid(metaclass=x, *y, **z):\n    a: int = 3\n    def __call__(self): return a",
    "decorators": "@x\n@y(lambda: (yield))\nasync def last_valid(*, x, **y):\n    async with x as (a, b): await y",
}
