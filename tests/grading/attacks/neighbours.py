"""The machine's processors for oneself: crowds of busy processes beside honest work that another worker judges meanwhile.

Every crowd ends by itself after a few seconds. That a sandbox gets no more than its share is measured in
tests/grading/sandbox; here the neighbours' points show it.
"""

from tests.grading.attacks.attack import attack

SECONDS = 6


def crowd(work, burn, count=44):
    """That many processes that run `burn` in the background, each until its alarm; and one right answer."""
    work.solve("last_valid")
    work.add(f"""
        import os, signal, threading, time
        for n in range({count}):
            if os.fork() == 0:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                signal.alarm({SECONDS})
                {burn}
                os._exit(0)
        print("held: they run")
    """, before="encode_text")  # fmt: skip


@attack(may=2.0, ran=True)
def a_crowd_of_sessions(work):
    """Forty-four busy processes, each a session of its own, since many systems share the CPU out among sessions."""
    crowd(work, "os.setsid()\n                while True: pass")


@attack(may=2.0, ran=True)
def a_crowd_of_orphans(work):
    """Busy processes whose parents are gone, so that whoever counts the kernel's children overlooks them."""
    crowd(work, "if os.fork(): os._exit(0)\n                signal.alarm(6)\n                while True: pass", 22)


@attack(may=2.0, ran=True)
def a_crowd_that_is_never_waited_for(work):
    """Short-lived children without end that nobody waits for, so that their CPU time is added to nobody's."""
    burn = """signal.signal(signal.SIGCHLD, signal.SIG_IGN)
                while True:
                    try:
                        if os.fork() == 0:
                            end = time.process_time() + 0.05
                            while time.process_time() < end: pass
                            os._exit(0)
                    except OSError:
                        pass"""
    crowd(work, burn, 8)


@attack(may=2.0, keeps=2.0, ran=True)
def more_than_its_share(work):
    """Asking the system for more: a higher priority, a scheduler that waits for nobody, all processors, another group."""
    work.solve("last_valid")
    work.add("""
        import os, resource
        _tried("a higher priority", lambda: os.setpriority(os.PRIO_PROCESS, 0, -5))
        for _name in ("SCHED_FIFO", "SCHED_RR"):
            _tried(_name, lambda: os.sched_setscheduler(0, getattr(os, _name), os.sched_param(10)))
        for _name in ("RLIMIT_NICE", "RLIMIT_RTPRIO", "RLIMIT_CPU", "RLIMIT_NPROC"):
            _tried(_name, lambda: resource.setrlimit(getattr(resource, _name), (resource.RLIM_INFINITY,) * 2))
        for _name in ("cpu.max", "cpu/cpu.cfs_quota_us", "cpu.weight", "cpu.pressure"):
            _tried(_name, lambda: open("/sys/fs/cgroup/" + _name, "w").write("max"))
        def _wider():
            before = os.sched_getaffinity(0)
            os.sched_setaffinity(0, range(1024))
            return _any(os.sched_getaffinity(0) - before)
        _tried("all processors", _wider)
    """, before="encode_text")  # fmt: skip
