"""How much of a submission is looked at and taken; everything is measured before it is parsed."""

from dataclasses import asdict, dataclass

MB = 2**20


@dataclass(frozen=True)
class IntakeLimits:
    """Bounds on one student's submission; sizes in bytes, of archives the unpacked ones."""

    files: int = 200  # that are taken
    entries: int = 5000  # names that are looked at, those that are no content among them
    file_size: int = 32 * MB  # one file: a notebook with pictures in its outputs takes a few
    total: int = 64 * MB  # all files together
    archives: int = 10  # that are opened
    unpacked: int = 256 * MB  # what comes out of all archives together, taken or not
    programs: int = 8 * MB  # Python files that are looked through for a notebook's cells, together
    depth: int = 8  # folders above a file
    name: int = 200  # one name, in UTF-8; file systems stop at 255
    values: int = 4_000_000  # brackets and commas of a notebook's JSON, which bound the memory that parsing takes
    notebooks: int = 50  # readable files among which the assignment's are looked for
    cells: int = 2000  # of one notebook
    source: int = 4 * MB  # characters of one cell: Colab writes pasted pictures into the text
    remarks: int = 100  # about one submission

    def as_dict(self):
        """All bounds by name, for the audit log."""
        return asdict(self)


INTAKE = IntakeLimits()
