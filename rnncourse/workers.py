"""Workers of long runs, of the grading and of the comparison: processes of this machine, and a Dask cluster."""

import ctypes
import os
import signal
import sys
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool


class NoCluster(Exception):
    """The scheduler cannot be reached; the message says what to do."""


def begin(parent):
    """A worker's start: it ends with its parent, also when that is killed, and leaves Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(1)


def submit(pool, function, *given):
    """Hand work to a ProcessPoolExecutor; if a worker died a moment ago, as if it had died over this."""
    try:
        return pool.submit(function, *given)
    except BrokenProcessPool as error:
        lost = Future()
        lost.set_exception(error)
        return lost


def end(pool):
    """End the workers of a ProcessPoolExecutor at once; what they were at is lost."""
    kill(pool)
    pool.shutdown(wait=True, cancel_futures=True)


def kill(pool):
    """Kill the workers of a ProcessPoolExecutor, which then is broken."""
    for process in list((pool._processes or {}).values()):  # there is no public way to end a worker at work
        process.kill()


def client_of(address, seconds=10, certificate=None, key=None):
    """The Client of the Dask scheduler at this address, such as "tcp://10.0.0.5:8786"; NoCluster if there is none.

    Dask's messages hold pickles, so whoever may join the cluster, as a worker, a scheduler or another client, can run
    code in this process: it must trust them all. Over "tcp://" that is everybody who reaches the network, over "tls://"
    whoever has the certificate and its key, two files.
    """
    try:
        from distributed import Client
        from distributed.security import Security
    except ImportError:
        raise NoCluster('a cluster needs the package distributed: pip install "rnncourse[instructors]"') from None
    security = None
    if certificate is not None:
        names = {"tls_ca_file": certificate, "tls_client_cert": certificate, "tls_client_key": key}
        security = Security(require_encryption=True, **{name: str(path) for name, path in names.items()})
    try:
        return Client(address, timeout=seconds, set_as_default=False, security=security)
    except (OSError, ValueError, TypeError) as error:  # TypeError: tls:// without a certificate
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise NoCluster(f"no scheduler answers at {address} ({told}); start one with: dask scheduler") from error


def waiting(client):
    """A sentence if the cluster has no workers yet (a cluster that grows with its work has none at first), else ""."""
    if client.nthreads():
        return ""
    address = client.scheduler.address
    return f"The cluster has no workers yet; this waits until there are some. To start one: dask worker {address} --nthreads 1"
