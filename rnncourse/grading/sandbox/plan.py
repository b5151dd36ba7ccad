"""What is handed to `launch.py` in one open file: who to be, which limits, which files, how the kernel is reached."""

import json
import tempfile

PORTS = {"shell_port": 1, "iopub_port": 2, "stdin_port": 3, "hb_port": 4, "control_port": 5}


def plan(folder, files, limits, *, address, uid=None, first=(), last=(), kernel=None, adopt=False):
    """The open, unnamed file that `launch.py` reads.

    Args:
        folder: the kernel's working folder.
        files: contents by name, relative to it; an absolute name is taken as it is.
        limits: bound by name of the resource, such as {"AS": 2**32}.
        address: where sockets are opened, without the number at the end.
        uid: whom to become, for a start as root.
        first, last: folders in which Python looks before and after all others.
        adopt: whether it becomes the parent of orphans below it, where no process 1 does that.
        kernel: a pair of what ipykernel's connection file holds and its arguments; None for a trial.
    """
    names = list(files)
    head = {
        "folder": str(folder), "files": [(name, len(files[name])) for name in names], "limits": limits,
        "address": address, "uid": uid, "first": list(map(str, first)), "last": list(map(str, last)), "kernel": kernel,
        "adopt": adopt,
    }  # fmt: skip
    return unnamed_file(json.dumps(head).encode() + b"\n", *(files[name] for name in names))


def unnamed_file(*parts):
    """An open file without a name that holds these bytes; a child process gets it by its number."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    file.writelines(parts)
    file.flush()
    file.seek(0)
    return file


def staying_inside(files):
    """Those of the files whose names stay inside the working folder; a name is relative, with / between its parts."""
    return {name: content for name, content in files.items() if _stays_inside(name)}


def _stays_inside(name):
    parts = name.split("/")
    return "\0" not in name and not {"", ".", ".."} & set(parts)


def resource_limits(limits, processes):
    """`Limits` as resource limits of one process, by name; `processes` counts all of its user, with threads."""
    return {
        "AS": limits.memory, "CPU": limits.cpu_seconds, "FSIZE": limits.file_size, "NOFILE": limits.open_files,
        "NPROC": processes, "CORE": 0, "MSGQUEUE": 0, "MEMLOCK": 64 * 1024, "RTPRIO": 0,
    }  # fmt: skip
