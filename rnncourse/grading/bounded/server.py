"""The program that forks a fresh child for each request; it has one thread and little in memory, so a fork is safe and cheap.

A request is a socket that comes over the control socket with the name of a function. The child reads the arguments
from it and writes the answer; a guard, which forked it, then adds how the child ended. So there is an account of
every child, however it ended, and any number of them run at a time.
"""

import contextlib
import errno
import gc
import importlib
import json
import os
import pickle
import resource
import signal
import socket
import struct
from functools import cache

NAME = 200  # bytes of a function's name, filled up with zeros
ENDING = struct.Struct("<id")  # exit code of the child, negative for a signal; its seconds of computing time
_SHORTAGES = {errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EIO, errno.ENOENT, errno.EACCES}


def serve(descriptor):
    """Answer requests until the caller closes its end of the control socket `descriptor`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the caller's
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the guards
    control = socket.socket(fileno=descriptor)
    while True:
        name, received, *_ = socket.recv_fds(control, NAME, 1)
        if not received:
            return
        with socket.socket(fileno=received[0]) as request:
            try:
                _fork(_guard, request, _function(name))
            except Exception as error:  # noqa: BLE001 - the caller raises it
                _report(request, error)


@cache
def _function(name):
    """The function of a name such as "package.module:function"; imported here, so that the next child finds it loaded."""
    module, _, attribute = name.rstrip(b"\0").decode().partition(":")
    found = getattr(importlib.import_module(module), attribute)
    gc.collect()
    gc.freeze()  # the collector of a child would write to every page that it shares
    return found


def _fork(work, *given):
    """Run `work` in a new process, which ends with it; returns its id."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        work(*given)
        code = 0
    finally:
        os._exit(code)  # past all that the parent would do at its end


def _guard(request, function):
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        child = _fork(_child, request, function)
    except OSError as error:
        _report(request, error)
        return
    _, status, usage = os.wait4(child, 0)
    request.sendall(ENDING.pack(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime))


def _report(request, error):
    """Answer a request for which there is no child."""
    with contextlib.suppress(OSError):  # the caller is gone
        while request.recv(2**20):  # a socket that is closed before it was read to its end loses the answer
            pass
        request.sendall(_text("machine", error) + ENDING.pack(0, 0.0))


def _child(request, function):
    with request.makefile("rb") as file:
        # The arguments are the caller's own words, unlike the answer: they may be pickled.
        bounds, arguments = pickle.load(file)
    _bind(bounds)
    gc.disable()  # this process is short, and its memory bounded
    request.sendall(_answer(function, arguments, bounds))


def _bind(bounds):
    """Have the system hold this process to its bounds."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, bounds.wall_seconds)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # where the machine has no memory left, this is the process to end
    _limit(resource.RLIMIT_CPU, bounds.cpu_seconds)
    _limit(resource.RLIMIT_AS, bounds.memory)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)


def _limit(what, most):
    hard = resource.getrlimit(what)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with contextlib.suppress(ValueError, OSError):  # macOS knows no bound on the address space
        resource.setrlimit(what, (most, hard if what == resource.RLIMIT_CPU else most))


def _answer(function, arguments, bounds):
    try:
        text = json.dumps({"value": function(*arguments)}, ensure_ascii=False).encode("utf-8", "surrogatepass")
        return text if len(text) <= bounds.answer else b'{"large": ""}'
    except MemoryError:
        return b'{"memory": ""}'
    except ImportError as error:  # our own installation
        return _text("machine", error)
    except OSError as error:
        return _text("machine" if error.errno in _SHORTAGES else "error", error)
    except BaseException as error:  # noqa: BLE001 - also an exit: what was read brought it about
        return _text("error", error)


def _text(kind, error):
    return json.dumps({kind: f"{type(error).__name__}: {str(error)[:300]}"}).encode()
