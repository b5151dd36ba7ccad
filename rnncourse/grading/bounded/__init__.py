"""Functions that read what a stranger wrote, each call in a process of its own that cannot take more than its share.

    caller -- name of a function, arguments --> server (one a process, forks) --> child (bounds, function) -- JSON --> caller

    from rnncourse.grading.bounded import Bounds, Unreadable, call
    call("rnncourse.grading.intake.reading:read", files, release, bounds=Bounds(cpu_seconds=10))

Whatever the child does of its own accord (an exception of any kind, a crash, too much computing time, memory or text)
is `Unreadable`: it follows from what was read, and would come again. What the machine does to it (no process to be
had, killed from outside, no computing time within minutes) is `NoReader`, and says nothing about what was read. The
answer comes back as JSON, so that nothing of the child's is ever run here.

Reading order: server (the program, and the child), caller.
"""

from rnncourse.grading.bounded.caller import Bounds, NoReader, Unreadable, call, start

__all__ = ["Bounds", "NoReader", "Unreadable", "call", "start"]
