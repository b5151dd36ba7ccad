"""Call a function in a bounded child, and tell what the arguments brought about from what the machine did."""

import json
import mmap
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.util import Finalize

from rnncourse.grading.bounded.server import ENDING, NAME

MB = 2**20
_START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from rnncourse.grading.bounded.server import serve; serve(int(sys.argv[2]))"
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")  # a fork copies no other
_CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSYS, signal.SIGTRAP}


class Unreadable(ValueError):
    """The function came to no answer with these arguments, here or on any other machine; the message says why."""


class NoReader(RuntimeError):
    """This machine let no child come to its end; the same call may succeed at another time."""


@dataclass(frozen=True)
class Bounds:
    """What one call may take; sizes in bytes.

    Computing time decides; `wall_seconds` only ends a wait in which the machine gave the child no time.
    """

    cpu_seconds: int = 10
    memory: int = 2048 * MB  # address space of the child, with Python itself
    answer: int = 64 * MB  # as JSON
    wall_seconds: float = 300.0


def call(function, *arguments, bounds=Bounds()):
    """What `function`, named like "package.module:function", returns for these arguments: data as JSON knows it.

    Raises:
        Unreadable: it took more than its bounds, raised anything, or crashed.
        NoReader: for reasons of the machine there is no answer.
    """
    try:
        content, code = _exchange(function, (bounds, arguments), bounds)
    except (OSError, EOFError) as error:
        raise NoReader(f"the process that reads gave no answer ({type(error).__name__}: {error})") from error
    if code:
        raise _ending(code, bounds)
    if len(content) > bounds.answer:
        raise Unreadable(_too_large(bounds))
    try:
        answer = json.loads(content.decode("utf-8", "surrogatepass"))
        ((kind, value),) = answer.items()
    except (ValueError, RecursionError, AttributeError) as error:
        raise Unreadable(f"what was read cannot be handed on ({type(error).__name__})") from error
    if kind == "value":
        return value
    raise _failure(kind, value, bounds)


def _ending(code, bounds):
    """The exception for a child that ended with this code, before it had an answer."""
    if code == -signal.SIGXCPU:
        return Unreadable(f"it takes more than {bounds.cpu_seconds} seconds of computing time")
    if -code in _CRASHES:
        return Unreadable(f"the program that reads it crashed ({signal.Signals(-code).name})")
    return NoReader(f"the process that reads was ended by the machine ({_ending_name(code)})")


def _ending_name(code):
    with suppress(ValueError):
        return signal.Signals(-code).name
    return f"exit code {code}"


def _failure(kind, text, bounds):
    """The exception for what a child says of itself."""
    if kind == "memory":
        if not _obtainable(bounds.memory):
            return NoReader("the machine has not enough memory for the process that reads")
        return Unreadable(f"it takes more than {bounds.memory // MB} MB of memory")
    if kind == "large":
        return Unreadable(_too_large(bounds))
    if kind == "error":
        return Unreadable(f"the program that reads it stopped with {text}")
    return NoReader(f"the process that reads could not work ({text})")


def _too_large(bounds):
    return f"what is read of it takes more than {bounds.answer // MB} MB"


def _obtainable(size):
    """Whether the machine would give so much memory: then it was the child's own bound that was met."""
    try:
        mmap.mmap(-1, size).close()
    except (OSError, ValueError, OverflowError):
        return False
    return True


def _exchange(function, request, bounds):
    """(answer, exit code) of a child that was given the request."""
    own, other = socket.socketpair()
    with own:
        with other:
            _hand_over(function, other)
        own.settimeout(bounds.wall_seconds + 60)
        with own.makefile("wb") as file:
            pickle.dump(request, file, pickle.HIGHEST_PROTOCOL)
        own.shutdown(socket.SHUT_WR)
        found = bytearray()
        while part := own.recv(MB):
            found += part
            if len(found) > bounds.answer + ENDING.size + 1000:
                raise OSError("it wrote more than it may")
    if len(found) < ENDING.size:
        raise EOFError("it ended unseen")
    code, _ = ENDING.unpack(found[-ENDING.size:])
    return found[:-ENDING.size], code


class _Server:
    """The server of this process, which ends when this process does."""

    def __init__(self):
        self.owner = os.getpid()
        self.control, theirs = socket.socketpair()
        with theirs:
            number = theirs.fileno()
            words = [sys.executable, "-P", "-c", _START, json.dumps(sys.path), str(number)]
            quiet = subprocess.DEVNULL  # what Python says of a stranger's code is nothing for the terminal
            self.process = subprocess.Popen(words, env=os.environ | _ONE_THREAD, pass_fds=[number], stdin=quiet, stdout=quiet, stderr=quiet)
        Finalize(None, self.close, exitpriority=0)

    def close(self):
        """End it; what it forked comes to its own end."""
        if self.owner == os.getpid():
            with suppress(OSError):
                self.control.shutdown(socket.SHUT_RDWR)  # also where a fork of this process has a copy of the socket
            self.control.close()
            self.process.wait()


_lock, _servers = threading.Lock(), {}


def start():
    """Start the server of this process, so that the first call need not wait for it."""
    with _lock:
        _server()


def _server():
    if os.getpid() not in _servers:  # a fork of this process has one of its own
        _servers[os.getpid()] = _Server()
    return _servers[os.getpid()]


def _hand_over(function, request):
    """Give a request to the server of this process, which is started if it is not there."""
    name = function.encode()
    if len(name) > NAME:
        raise ValueError(f"function: expected a name of at most {NAME} bytes, got {function!r}")
    with _lock:
        for _ in range(2):
            try:
                socket.send_fds(_server().control, [name.ljust(NAME, b"\0")], [request.fileno()])
                return
            except OSError:  # somebody ended it
                _servers.pop(os.getpid()).close()
    raise OSError("its server ended again and again")
