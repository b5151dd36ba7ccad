"""What a sandbox sees of the machine: the arguments of bubblewrap, from an empty root upwards."""

import os
import sys

import rnncourse

HOME = "/home/learner"
WORK = f"{HOME}/work"
TEMP = "/tmp"
RUN = "/run/kernel"
SOCKETS = f"{RUN}/s"  # the kernel's sockets are s-1 to s-5
TEMPORARY = (TEMP, "/dev/shm", HOME, RUN)  # the only places that can be written to
LAUNCH = "/run/rnncourse/launch.py"
SOCKETS_SIZE = 2**20
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store")
SETTINGS = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts")
HOST_NAME = "sandbox"
UID = 1000  # of a mapped user

# How the namespaces are made and who the learner is in there, the strongest first. A real other user is better than
# a mapped one: the system counts the processes of root nowhere. Each needs something else of the machine.
SPACES = (
    "--unshare-ipc",
    "--unshare-pid",
    "--unshare-net",
    "--unshare-uts",
    "--unshare-cgroup-try",
    "--cap-drop",
    "ALL",
)
OTHER_USER = (*SPACES, "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID")
MAPPED_USER = (*SPACES, "--unshare-user", "--uid", str(UID), "--gid", str(UID))
MAPPED_USER_ONCE = (*MAPPED_USER, "--disable-userns")


def flavours():
    """The ways to try on this machine, the strongest first.

    The machine's own root is never mapped: under whatever name, it would still own the devices in /dev.
    """
    mapped = (MAPPED_USER_ONCE, MAPPED_USER)
    if os.geteuid() != 0:
        return mapped
    with open("/proc/self/uid_map", encoding="ascii") as file:
        is_the_machine_s = file.read().split()[:2] == ["0", "0"]
    return (OTHER_USER,) if is_the_machine_s else (OTHER_USER, *mapped)


def arguments(flavour, limits, package, etc, launch):
    """bubblewrap's arguments, without the command that it runs.

    Args:
        flavour: one of the tuples above.
        limits: `Limits`; its `disk` is the size of each file system that can be written to.
        package: the host's folder that is shown as the rnncourse package.
        etc: the host's folder whose files are shown in /etc.
        launch: the host's copy of launch.py.
    """
    return [
        *flavour, "--die-with-parent", "--new-session", "--hostname", HOST_NAME,
        "--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev", "--remount-ro", "/dev",
        *_temporary(TEMP, limits.disk, "1777"), *_temporary("/dev/shm", limits.disk, "1777"),
        *_temporary(HOME, limits.disk, "0777"), "--perms", "0777", "--dir", WORK,
        *_temporary(RUN, SOCKETS_SIZE, "0777"),
        # after those, for a Python that lies in one of them
        *_programs(package), *_small_etc(etc), "--dir", os.path.dirname(LAUNCH), "--ro-bind", str(launch), LAUNCH,
        "--remount-ro", "/", "--chdir", WORK,
    ]  # fmt: skip


def package_folder():
    """Where this rnncourse package lies, inside as outside."""
    return os.path.dirname(os.path.abspath(rnncourse.__file__))


def package_parent():
    """The folder from which it is imported."""
    return os.path.dirname(package_folder())


def _temporary(path, size, mode):
    return ["--perms", mode, "--size", str(size), "--tmpfs", path]


def _small_etc(etc):
    yield from ("--dir", "/etc")
    for path in SETTINGS:
        yield from ("--ro-bind-try", path, path)
    for path in sorted(etc.iterdir()):
        yield from ("--ro-bind", str(path), f"/etc/{path.name}")


def _programs(package):
    """The system, the environment and the Python that it was made from, each at its own path and read-only.

    A clone of the course that lies inside one of them is covered by an empty folder, and the package by its view.
    """
    seen, clone = {}, _clone()
    for path in (*SYSTEM, *_prefixes()):
        if os.path.islink(path) and path in SYSTEM:
            yield from ("--symlink", os.readlink(path), path)
        elif os.path.isdir(path) and not _shown(path, seen):
            yield from (*_way_to(path, seen), "--ro-bind", path, path)
            seen[path] = True
            if clone and _lies_in(clone, path):
                yield from ("--tmpfs", clone)
                seen[clone] = False
    yield from _links_to_python(seen)
    yield from (*_way_to(package_folder(), seen), "--ro-bind", str(package), package_folder())
    if clone in seen:
        yield from ("--remount-ro", clone)


def _way_to(path, seen):
    """The folders above a path, open to every user: bubblewrap alone would make them for root only."""
    above = []
    while (path := os.path.dirname(path)) != "/" and not _shown(path, seen):
        above.append(path)
    for folder in reversed(above):
        yield from ("--dir", folder)


def _prefixes():
    """The folders of this Python and what they are links to, the outermost first."""
    named = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}
    return sorted(named | {os.path.realpath(path) for path in named}, key=lambda path: (len(path), path))


def _links_to_python(seen):
    """The links on the way from the environment's python to the real one, where they lie elsewhere."""
    path = sys.executable
    while os.path.islink(path):
        if not _shown(path, seen):
            yield from (*_way_to(path, seen), "--symlink", os.readlink(path), path)
        path = os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(path)))


def _shown(path, seen):
    around = [folder for folder in seen if _lies_in(path, folder)]
    return bool(around) and seen[max(around, key=len)]


def _lies_in(path, folder):
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _clone():
    """The course's repository that this package is part of, if it is one."""
    root = package_parent()
    return root if os.path.isdir(os.path.join(root, "solutions")) else ""
