"""Runs first inside the sandbox: gives up root, lays out the learner's files, sets the limits, becomes the kernel.

It is copied into the sandbox by itself, so it imports only the standard library (and ipykernel, as its last act).
Its one argument is the number of an open file: a line of JSON, the plan, and after it the files' contents.
"""

import json
import os
import sys

PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36


def main():
    with open(int(sys.argv[1]), "rb") as source:
        plan = json.loads(source.readline())
        become(plan["uid"])
        os.umask(0o077)
        os.chdir(plan["folder"])
        for name, size in plan["files"]:
            place(name, source.read(size))
    limit(plan["limits"])
    if plan["adopt"]:
        adopt()
    if plan["kernel"] is None:
        trial(f"{plan['address']}-1")
    else:
        kernel(plan, *plan["kernel"])


def become(uid):
    """Turn from root into a user who owns nothing; only then does the kernel count this sandbox's processes."""
    if uid is None:
        return
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    import ctypes

    # a change of user hides /proc/self from the process itself, which learners' libraries read
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)


def place(name, content):
    """Write one file; one that cannot be, such as a name that is too long, is left out and costs nothing else."""
    try:
        if folder := os.path.dirname(name):
            os.makedirs(folder, exist_ok=True)
        with open(name, "wb") as file:
            file.write(content)
    except (OSError, ValueError) as why:
        print(f"a file could not be placed: {why!r}", file=sys.stderr)


def limit(limits):
    """Set soft and hard limit of each resource; one that the system lacks, or that is lower already, stays."""
    import resource

    for name, wanted in limits.items():
        which = getattr(resource, f"RLIMIT_{name}", None)
        if which is None:
            continue
        hard = resource.getrlimit(which)[1]
        bound = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        try:
            resource.setrlimit(which, (bound, bound))
        except (ValueError, OSError):  # macOS refuses some
            print(f"limit {name} could not be set", file=sys.stderr)


def adopt():
    """Become the parent of orphans below, so that whoever watches this process finds them."""
    import ctypes

    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def trial(address):
    """Say what this place is like, and wait on a socket for the outside to find it."""
    import socket

    with open("/proc/self/status", encoding="ascii") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(1)
    facts = {"uid": os.getuid(), "seccomp": status.get("Seccomp"), "privileges": status.get("NoNewPrivs")}
    facts |= {"capabilities": status["CapEff"], "interfaces": [name for _, name in socket.if_nameindex()]}
    print(json.dumps(facts), flush=True)
    listener.settimeout(5)
    listener.accept()


def kernel(plan, connection, arguments):
    file = f"{plan['address']}.json"
    with open(file, "w", encoding="utf-8") as out:
        json.dump({**connection, "transport": "ipc", "ip": plan["address"]}, out)
    sys.path[:0] = plan["first"]
    # helper files can be imported, and none can stand in for an installed package
    sys.path += [folder for folder in (*plan["last"], plan["folder"]) if folder not in sys.path]
    from ipykernel.kernelapp import IPKernelApp

    silence()
    IPKernelApp.launch_instance([*arguments, "-f", file])


def silence():
    """From here on the learner's code may run: what it writes past Jupyter goes nowhere."""
    sys.stdout.flush()
    sys.stderr.flush()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    os.close(nowhere)


if __name__ == "__main__":
    main()
