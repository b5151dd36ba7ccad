"""How much a submission may use before it is stopped; one place for all numbers, and each goes into the audit log."""

from dataclasses import asdict, dataclass

MB = 2**20


@dataclass(frozen=True)
class Limits:
    """Bounds on one sandboxed kernel and on what is read back from it; sizes in bytes, times in seconds.

    Of time those seconds count that the kernel used; not those in which others had the processor.
    """

    wall_seconds: float = 600.0  # the whole submission
    cell_seconds: float = 60.0  # one cell of the learner's
    cpu_seconds: int = 600  # of any one process in the sandbox; all of them together may use twice as much
    processors: int = 1  # that all processes in the sandbox share
    memory: int = 4096 * MB  # address space of any one process; torch alone reserves about 1.5 GiB of it
    processes: int = 128  # processes and threads together
    open_files: int = 512
    file_size: int = 64 * MB  # one file that is written
    disk: int = 256 * MB  # each of the private temporary file systems
    message: int = 64 * MB  # one message from the kernel; a larger one ends the connection
    answer: int = 16 * MB  # the arrays that one call returns
    output: int = 256 * 1024  # printed text and pictures that are kept, all cells together
    restarts: int = 12  # kernels that one submission may wear out

    def as_dict(self):
        """All bounds by name, for the audit log."""
        return asdict(self)
