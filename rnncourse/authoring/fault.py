"""What is said to an author whose source cannot become a notebook."""

from dataclasses import dataclass


class AuthoringError(Exception):
    """A source that cannot be built; the message starts with file and line."""

    def __init__(self, file, line, message):
        super().__init__(f"{file}:{line}: {message}")


@dataclass(frozen=True, order=True)
class Fault:
    """One thing an author has to mend: the file, the cell's id ("" for the whole file), the rule, the sentence."""

    file: str
    cell: str
    rule: str
    message: str

    def __str__(self):
        place = f"{self.file}[{self.cell}]" if self.cell else self.file
        return f"{place}: {self.rule}: {self.message}"
