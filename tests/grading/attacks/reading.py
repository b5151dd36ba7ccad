"""Files that are made to stop whoever reads them, or to keep him busy: each costs its own submission only.

What would keep a reader busy for minutes is here cut to where the bound shows, so that the class is graded in minutes.
"""

import gzip
import itertools
import tarfile

from tests.grading.attacks.attack import attack, solutions
from tests.grading.fuzz.seeds import damaged, zip64, zipped


def without_notebook(work, name, content):
    """This file in place of the notebook."""
    work.notebook = None
    work.put(name, content)


@attack(remark="was not (taken|unpacked to its end): it is damaged")
def zip64_directory_beyond_all_files(work):
    """A zip of 200 bytes whose directory lies at 2**64 - 1: seeking there raises OverflowError."""
    without_notebook(work, "w.zip", zip64(offset=2**64 - 1))


@attack(remark="was not taken: it is damaged")
def zip64_entry_beyond_all_files(work):
    """The same of one entry."""
    without_notebook(work, "w.zip", zip64(extra_offset=2**63))


@attack(remark="archives may unpack to 256 MB, damaged entries included")
def entries_that_are_damaged_at_their_end(work):
    """300 entries of 30 MB, each of which turns out to be damaged only when all of it is unpacked: none ever fills the room."""
    without_notebook(work, "w.zip", damaged(300, 30 * 2**20))


@attack(remark="more than 10 archives were handed in")
def many_archives(work):
    """Sixty archives, each of which unpacks to as much as a submission may have."""
    work.notebook = None
    content = gzip.compress(bytes(60 * 2**20), 9)
    for number in range(60):
        work.put(f"{number:02}.tar.gz", content)


@attack(remark="more than 5000 entries")
def headers_of_nothing(work):
    """A tar of headers that announce a name, and no file to have it."""
    one = tarfile.TarInfo("x")
    one.type, one.size = tarfile.XHDTYPE, 0
    without_notebook(work, "w.tar.gz", gzip.compress(one.tobuf() * 60_000))


@attack(remark="Python files of more than 8 MB together")
def fifty_programs(work):
    """Fifty programs of hundreds of cells, each to be compared with the whole release."""
    work.notebook = None
    words = " ".join(f"w{number}" for number in range(300))
    content = "\n".join(f"# %%\nx{number} = '{words}'" for number in range(300))
    for number in range(50):
        work.put(f"{number:02}.py", content)


@attack(may=2.0, keeps=2.0)
def a_space_that_is_none_in_an_f_string(work):
    """Right work with a non-breaking space in an f-string, as text that was pasted has it: ast.unparse cannot write that."""
    right = solutions(1)["last_valid"]
    work.write("last_valid", right.replace("    return", "    f\"{'\xa0'}\"\n    return", 1))


@attack(may=2.0, keeps=2.0)
def thousands_of_names_in_one_statement(work):
    """Each name of a statement that makes 3,300 of them leads to the whole statement once more."""
    names = ["".join(letters) for letters in itertools.product("bcghjklmnpqrstuvwxz", repeat=3)][:3300]
    work.write("last_valid", f"{', '.join(names)} = range({len(names)})\n{solutions(1)['last_valid']}\n{names[0]}")


# A quick machine unpacks them all within the bound, and then finds none that is the assignment's.
@attack(remark="refused: (the submission could not be read: it takes more than (10 seconds of computing time|2048 MB)|no notebook of the)")
def notebooks_of_empty_values(work):
    """Packed notebooks, each with as many values as it may hold, and each value takes many times its size when it is parsed."""
    entries = ",".join(f'"{number:x}":[{{}}]' for number in range(1_300_000))
    content = '{"cells": [{"cell_type": "code", "source": "x", "metadata": {' + entries + "}}]}"
    without_notebook(work, "w.zip", zipped({f"{number}.ipynb": content for number in range(4)}))
