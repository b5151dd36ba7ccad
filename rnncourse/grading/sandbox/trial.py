"""What keeps a learner's code in on this machine: found by trying, once a process, and said in plain words."""

import json
import select
import socket
import sys
from dataclasses import dataclass
from functools import cache

from rnncourse.grading.limits import Limits
from rnncourse.grading.sandbox import bubblewrap
from rnncourse.grading.sandbox.advice import advice
from rnncourse.grading.sandbox.bounds import Bounds
from rnncourse.grading.sandbox.box import Box
from rnncourse.grading.sandbox.private import new_folder
from rnncourse.grading.sandbox.process import SandboxError, pipe

ANSWERS_WITHIN = 20.0  # seconds


@dataclass(frozen=True)
class Isolation:
    """`kind` is "bubblewrap" or "none"; `why` says in one sentence how it was found, `advice` how to get more.

    `seccomp` is whether system calls are filtered; `memory` is "cgroup" where the system bounds all processes of a
    sandbox together, "rlimit" where it bounds each of them and this process adds them up. `flavour` is what
    bubblewrap is asked for. `cpu` is how a sandbox is kept from taking the CPU of others: "cgroup" by a quota,
    "processor" by one processor for each, "shared" where there is only one.
    """

    kind: str
    why: str
    advice: tuple[str, ...] = ()
    seccomp: bool = False
    memory: str = "rlimit"
    flavour: tuple[str, ...] = ()
    cpu: str = "shared"


@cache
def isolation():
    """The isolation of this machine; the first call starts a sandbox to see."""
    if sys.platform != "linux":
        return _none("Sandboxes need Linux, and this system is another.")
    failures = []
    for flavour in bubblewrap.flavours():
        try:
            return _tried(flavour)
        except (SandboxError, OSError) as error:
            failures.append(f"{error}".strip().splitlines()[-1:] or [repr(error)])
    return _none(f"No sandbox can be made here: {failures[-1][0].rstrip('.')}.")


def _none(why):
    """No isolation, and what bounds a kernel without it."""
    bounds = Bounds(Limits())
    try:
        bounds.enter([])
        return Isolation("none", why, advice("none"), memory=bounds.memory, cpu=bounds.cpu)
    finally:
        bounds.close()


def demand():
    """The isolation of this machine, if it has one.

    Raises:
        SandboxError: it has none; says why and what to do.
    """
    found = isolation()
    if found.kind == "none":
        isolation.cache_clear()  # it may have failed for want of time only, and a worker lives long
        raise SandboxError("\n".join([found.why, *found.advice]))
    return found


def _tried(flavour):
    """The isolation of one flavour: a sandbox is made, looked into and reached from outside."""
    hear, say = pipe()
    with hear, say:
        box = Box(flavour, Limits(), package=new_folder("nothing"), output=say)
        say.close()
        try:
            facts = _facts(hear, box)
            with socket.socket(socket.AF_UNIX) as caller:
                caller.settimeout(ANSWERS_WITHIN)
                caller.connect(box.socket(1))
            memory, cpu = box.bounds.memory, box.bounds.cpu
        finally:
            box.end()
    return _judged(facts, flavour, memory, cpu)


def _facts(hear, box):
    told = b""
    while select.select([hear], [], [], ANSWERS_WITHIN)[0] and (part := hear.read(4096)):
        told += part
        if told.endswith(b"\n"):
            return json.loads(told)
    raise SandboxError(box.said() or "a sandbox was made, and nothing was heard from inside")


def _judged(facts, flavour, memory, cpu="shared"):
    """What the facts from inside mean.

    Raises:
        SandboxError: the sandbox has a hole.
    """
    holes = [
        (facts["uid"] == 0, "is root inside"),
        (int(facts["capabilities"], 16) != 0, "has the powers of root inside"),
        (facts["privileges"] != "1", "can gain privileges inside"),
        (set(facts["interfaces"]) - {"lo"}, "has a network inside"),
    ]
    for hole, words in holes:
        if hole:
            raise SandboxError(f"the learner's code {words}")
    seccomp = facts["seccomp"] == "2"
    who = "another user" if flavour == bubblewrap.OTHER_USER else "a user of its own user namespace"
    why = f"A bubblewrap sandbox was started on this machine and worked; the learner's code runs there as {who}."
    return Isolation("bubblewrap", why, advice("bubblewrap", seccomp, memory, cpu), seccomp, memory, flavour, cpu)
