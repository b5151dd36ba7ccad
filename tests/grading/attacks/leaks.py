"""What a submission must not come to know: secrets of the grader, other students' work, the cases of a later run.

Cases are no secret once they were drawn: a function sees its own arguments, and may say them aloud in an error that
its author reads on the feedback page. It helps nobody, since another content gets other cases.
"""

import re

from tests.grading.attacks.attack import attack

ANYTHING = "def ngram_bits(*args):\n    return 0.0"


@attack(ran=True)
def reads_environments(work):
    """Environment variables of the kernel, of process 1 and of every process that can be seen, and the auxiliary files beside."""
    work.write("ngram_bits", ANYTHING)
    work.add("""
        import os
        secret = _HOST["variable"].encode()
        _tried("own environment", lambda: _any(os.environ.get(_HOST["variable"])))
        for pid in [p for p in os.listdir("/proc") if p.isdigit()] + ["1", "self", "thread-self"]:
            for name in ("environ", "cmdline", "auxv", "mountinfo", "cgroup", "maps"):
                def look(path=f"/proc/{pid}/{name}"):
                    content = open(path, "rb").read()
                    told = [word for word in (secret, _HOST["class"].encode(), _HOST["home"].encode()) if word in content]
                    return _any(told)
                _tried(f"{pid} {name}", look)
    """)


@attack(ran=True)
def reads_the_hosts_files(work):
    """The class's folder, gradebook, secret, results, the instructor's home, other submissions and the system's own secrets."""
    work.write("ngram_bits", ANYTHING)
    work.add("""
        import os
        names = ["canary", "grading/secret", "grading/gradebook.db", "grading/submitted/aaa_right", "grading/results", "grading/kept"]
        paths = [f"{_HOST[place]}/{name}" for place in ("class", "home", "outside") for name in names]
        paths += ["/etc/shadow", "/root", "/root/.ssh", "/var/log", "/etc/ssh", "/proc/kcore", "/dev/mem", "/dev/sda", "/sys/kernel/debug"]
        paths += ["/proc/1/root" + _HOST["class"] + "/canary", "/proc/self/cwd/../../.." + _HOST["home"] + "/canary", "/var/run/docker.sock"]
        import sys
        python = {part for prefix in (sys.prefix, sys.base_prefix) for part in prefix.split("/")}  # folders on the way to it are there, and empty
        for path in paths:
            _tried(path, lambda: _any([one for one in os.listdir(path) if one not in python] if os.path.isdir(path) else open(path, "rb").read(10)))
    """)


@attack(ran=True)
def looks_through_open_files(work):
    """Open files that were handed down to the kernel, and other processes' open files and memory."""
    work.write("ngram_bits", ANYTHING)
    work.add("""
        import os
        for pid in [p for p in os.listdir("/proc") if p.isdigit()]:
            def held(pid=pid):
                links = [os.readlink(f"/proc/{pid}/fd/{n}") for n in os.listdir(f"/proc/{pid}/fd")]
                return _any([one for one in links if one.startswith((_HOST["class"], _HOST["home"], _HOST["repository"]))])
            _tried(f"open files of {pid}", held)
            _tried(f"process {pid}", lambda: _any([w for w in (b"grade_class", b"pytest", b"multiprocessing") if w in open(f"/proc/{pid}/cmdline", "rb").read()]))
        for pid in (1, os.getppid()):
            if pid != os.getpid():
                _tried(f"memory of {pid}", lambda: open(f"/proc/{pid}/mem", "rb").read(1))
        def descriptors():
            found = []
            for n in range(3, 64):
                try:
                    path = os.readlink(f"/proc/self/fd/{n}")
                    if path.startswith("/") and not path.startswith(("/dev", "/usr", "/proc", "/memfd", "/tmp/#")) and "(deleted)" not in path:
                        os.lseek(n, 0, 0)
                        found.append((n, path))
                except OSError:
                    pass
            return _any([one for one in found if "site-packages" not in one[1] and "python" not in one[1]])
        _tried("own descriptors", descriptors)
    """)


def tells_its_cases(work):
    work.write("last_valid", "def last_valid(states, lengths):\n    raise ValueError(repr(lengths.tolist()) + ' ' + repr(float(states.sum())))")


def told_cases(outcome):
    """What the error on the feedback page says of the cases."""
    return re.findall(r"ValueError: (\[[^<(]*)", outcome.text)


@attack(finding=r"ValueError: \[\d")
def cases_through_errors(work):
    """The function says its arguments in an error message, to be read on the feedback page."""
    tells_its_cases(work)


def _others_differ(outcome):
    here, there = told_cases(outcome), told_cases(outcome.of("cases_through_errors"))
    assert here and there and not set(here) & set(there), f"another content must get other cases: {here} and {there}"


@attack(finding=r"ValueError: \[\d", also=_others_differ)
def cases_through_errors_again(work):
    """A second submission, which differs by a comment, would profit if it got the same cases."""
    tells_its_cases(work)
    work.add("# the same, handed in once more")


def _table_is_useless(outcome):
    assert outcome.points == 0.0


@attack(also=_table_is_useless)
def cases_for_everybody(work):
    """What was learned is tried on a name that is not the student's: student names are no part of what cases are drawn from."""
    work.write("last_valid", "import numpy as np\ndef last_valid(states, lengths):\n    return np.zeros((len(states), states.shape[-1]))")


MESSAGE = """
    import os, socket, time
    from multiprocessing import shared_memory
    places = ["/tmp", "/dev/shm", "/var/tmp", "/run", "/run/kernel", str(_Path.home()), ".", "/home", "/dev/mqueue", "/run/lock"]
    abstract = "\\0rnn-attack-mail"
"""


@attack()
def leaves_a_message(work):
    """A message for later submissions, in files, shared memory, sockets, a queue and a process that stays."""
    work.write("ngram_bits", ANYTHING)
    work.add(MESSAGE + """
    for place in places:
        try:
            (_Path(place) / "rnn-attack-mail").write_text("right answers")
        except OSError:
            pass
    try:
        shared_memory.SharedMemory("rnn-attack-mail", create=True, size=100)
    except OSError:
        pass
    if os.fork() == 0:
        os.setsid()
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(abstract)
        listener.listen()
        time.sleep(20)
        os._exit(0)
    """)


@attack(ran=True)
def picks_up_a_message(work):
    """A later submission looks for what an earlier one left."""
    work.write("ngram_bits", ANYTHING)
    work.add(MESSAGE + """
    for place in places:
        _tried(place, lambda: (_Path(place) / "rnn-attack-mail").read_text())
    _tried("shared memory", lambda: shared_memory.SharedMemory("rnn-attack-mail"))
    _tried("abstract socket", lambda: socket.socket(socket.AF_UNIX).connect(abstract))
    """)
