"""The grading process's side of the process that talks to a cluster: starts it, confined where it can be, and exchanges lines.

Inside there are a read-only system, Python, this package and the certificate, and nothing of the class: no folder, no
environment, no secret but what jobs hold, which go to the workers anyway. What comes out are lines of JSON, of bounded
length, and nothing in them is trusted.
"""

import base64
import json
import os
import select
import subprocess
import sys

from rnncourse.grading.intake.notes import printable
from rnncourse.grading.sandbox import bubblewrap, isolation
from rnncourse.grading.sandbox.environment import environment
from rnncourse.grading.sandbox.process import program
from rnncourse.workers import NoCluster

LONGEST_LINE = 96 * 2**20  # bytes, of an answer in base64
HOME, SIZE = "/tmp/home", 64 * 2**20
NETWORK = ("resolv.conf", "hosts", "nsswitch.conf", "host.conf", "gai.conf", "passwd", "group")  # of /etc
UNCONFINED = (
    "This machine cannot confine the process that talks to the cluster: whoever may join the cluster can run code "
    "with your rights."
)


class Courier:
    """A connection to the scheduler at `address`; `certificate` and `key` are files, for tls://, or None.

    `threads` counts those of all workers, `notice` is for the instructor.

    Raises, here and in `receive`:
        NoCluster: there is no scheduler, or the process ended; the message says what to do.
    """

    def __init__(self, address, seconds, certificate=None, key=None):
        files = [str(path) for path in (certificate, key) if path]
        confined = isolation().kind == "bubblewrap"
        command = [*(_walls(files) if confined else ()), sys.executable, "-m", "rnncourse.grading.queue.dask_client"]
        variables = environment(HOME, "/tmp") if confined else dict(os.environ)
        self._process = subprocess.Popen(
            command, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the grading process, which closes this one
        )  # fmt: skip
        self.threads, self._heard = 0, bytearray()
        try:
            self._write(address=address, seconds=seconds, certificate=certificate and str(certificate), key=key and str(key))
            first = self._read()
            self.notice = "\n".join(filter(None, ["" if confined else UNCONFINED, _text(first.get("notice"))]))
            if first.get("ready") is not True:
                raise NoCluster(_text(first.get("notice")) or "the process that talks to the cluster did not begin")
        except BaseException:
            self.close()
            raise

    def send(self, number, job, avoid=()):
        """Hand a job, as bytes, to the cluster; not to the workers at these addresses."""
        self._write(number=number, job=base64.b64encode(job).decode(), avoid=sorted(avoid))

    def receive(self, seconds=None):
        """(number, worker's address, answer as bytes or None, failure); waits for at most so many seconds."""
        message = self._read(seconds)
        answer, failure = message.get("answer"), _text(message.get("failure"))
        try:
            answer = base64.b64decode(answer) if isinstance(answer, str) else None
        except ValueError:
            answer = None
        if answer is None and not failure:
            failure = "the cluster gave no result"
        return message.get("number"), _text(message.get("worker")), answer, failure

    def close(self):
        """End the process at once; what is on the cluster is cancelled by its scheduler."""
        self._process.kill()
        self._process.wait()
        for end in (self._process.stdin, self._process.stdout):
            try:
                end.close()
            except OSError:  # what was not sent yet
                continue

    def _write(self, **message):
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise self._ended() from None

    def _read(self, seconds=None):
        try:
            message = json.loads(self._line(seconds))
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            raise NoCluster("the process that talks to the cluster sent something that is no message; run the same command again")
        threads = message.get("threads")
        self.threads = threads if type(threads) is int and 0 <= threads < 10**6 else self.threads
        return message

    def _line(self, seconds):
        """The next line, without its end."""
        searched, output = 0, self._process.stdout.fileno()
        while (end := self._heard.find(b"\n", searched)) < 0:
            searched = len(self._heard)
            if searched > LONGEST_LINE:
                raise NoCluster("the process that talks to the cluster sent more than any answer holds; run the same command again")
            if not select.select([output], [], [], seconds)[0]:
                raise NoCluster(f"nothing came from the cluster for {seconds:g} seconds; run the same command again")
            part = os.read(output, 2**20)
            if not part:
                raise self._ended()
            self._heard += part
        line = bytes(self._heard[:end])
        del self._heard[: end + 1]
        return line

    def _ended(self):
        return NoCluster("the process that talks to the cluster has ended; what was judged is kept: run the same command again")


def _walls(files):
    """The command that starts bubblewrap with the network, and with nothing of the class."""
    user = () if os.geteuid() == 0 else ("--unshare-user",)
    words = [
        program(), *user, "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try", "--cap-drop", "ALL",
        "--die-with-parent", "--new-session", "--proc", "/proc", "--dev", "/dev", "--size", str(SIZE), "--tmpfs", "/tmp",
        "--dir", HOME, *bubblewrap._programs(bubblewrap.package_folder()),
    ]  # fmt: skip
    for name in NETWORK:
        words += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    for path in files:
        words += ["--ro-bind", path, path]
    return [*words, "--remount-ro", "/", "--chdir", HOME, "--"]


def _text(found):
    """Text that came from the cluster, for the terminal."""
    return printable(found, 600) if isinstance(found, str) else ""
