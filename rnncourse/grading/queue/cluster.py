"""Workers of an existing Dask cluster; each needs this package, bubblewrap and the class's worker key, and no folder.

What is trusted, and what is not:

- A scheduler, a worker or another client of it can run code wherever Dask's messages are read: in the process that
  `courier` starts, which has nothing of the class, never in the one that writes grades. This takes bytes, and bounds.
- Every answer is signed with the worker key over the very job that was sent (`parcel`). Without the key nobody can give
  a verdict, and nobody can hand in one on another submission, key or notebook.
- Who has the key, judges. All who may join a Dask cluster can run code on its workers, and so read the key and the cases
  of the jobs there: over tls:// those who have the class's certificate, over tcp:// all who reach the scheduler. So tcp://
  is for this machine alone, unless `TRUSTED` names the scheduler's address.
- One of every 20 verdicts of a worker, and one at least, is judged again here before any of them counts (`sample`).
  Where it comes out otherwise, nothing of the cluster's is used any more.
"""

import ipaddress
import itertools
import os
from pathlib import Path
from urllib.parse import urlsplit

from rnncourse.grading.queue.certificate import CERTIFICATE, FOLDER, KEY
from rnncourse.grading.queue.courier import Courier
from rnncourse.grading.queue.keys import class_secret, derived_key
from rnncourse.grading.queue.local import PATIENCE, LocalPool
from rnncourse.grading.queue.parcel import DistrustError, open_answer, pack
from rnncourse.grading.queue.sample import DisagreementError, Sample
from rnncourse.grading.queue.work import Done
from rnncourse.grading.sandbox import isolation
from rnncourse.workers import NoCluster

TRUSTED = "RNNCOURSE_TRUSTED_NETWORK"  # names the address of a plain tcp:// scheduler whose whole network is trusted
TRIES = 3  # workers that get a job, if answers cannot be trusted
UNCHECKED = "No verdict of the cluster is judged a second time, because this machine cannot keep learners' code in."


class ClusterPool:
    """The same as `LocalPool`, on the cluster of a scheduler's address, such as "tls://10.0.0.5:8786".

    `folder` is the class's grading/, with the secret and, for tls://, what `rnncourse cluster` made.

    Raises:
        NoCluster: no scheduler answers, or the address is one that cannot be trusted; the message says what to do.
    """

    elsewhere = True  # what isolation there is, is for each worker to see

    def __init__(self, address, folder, seconds=10):
        self._address, self._seconds = address, seconds
        self._files = _certificate(address, Path(folder))
        self._secret = class_secret(folder)
        self._key = derived_key(self._secret, "workers")
        self._numbers, self._flying = itertools.count(), {}  # number -> (tag, job, its bytes, tries)
        self._avoid, self._refusal = {}, ""  # a worker's address -> why it gets no more jobs
        self._here = LocalPool(1) if isolation().kind != "none" else None
        self._courier = Courier(address, seconds, *self._files)
        self.notice = "\n".join(filter(None, [self._courier.notice, "" if self._here else UNCHECKED]))

    @property
    def workers(self):
        """Threads of all workers together; each judges one submission at a time."""
        return max(1, self._courier.threads if self._courier else 0)

    def run(self, tagged):
        """Judge jobs; a bounded number is on the cluster at a time, and one whose worker is lost moves to another."""
        tagged, sample = iter(tagged), Sample(self._secret, self._here and self._here.judge)
        try:
            if not self._refusal:
                self._courier = self._courier or Courier(self._address, self._seconds, *self._files)
                while self._fill(tagged):
                    yield from self._take(sample)
                yield from sample.rest()
        except (DisagreementError, NoCluster) as error:
            self._refusal = _sentence(error)
        else:
            if not self._refusal:
                return
        finally:
            waiting = [*sample.tags(), *(tag for tag, *_ in self._flying.values())]
            self._flying.clear()
            self.close()
        for tag in itertools.chain(waiting, (tag for tag, _ in tagged)):
            yield tag, Done(None, 0.0, self._refusal)

    def close(self):
        """Leave the cluster; what is still on it is cancelled."""
        courier, self._courier = self._courier, None
        if courier is not None:
            courier.close()
        if self._here is not None:
            self._here.close()

    def _fill(self, tagged):
        """Whether there is anything to wait for, once the cluster has as much as it may."""
        while len(self._flying) < self._most() and (pair := next(tagged, None)) is not None:
            tag, job = pair
            self._send(tag, job, pack(job), ())
        return bool(self._flying)

    def _most(self):
        """How many jobs may be on the cluster; one that is to be judged alone has no other beside it."""
        return 1 if any(job.alone for _, job, _, _ in self._flying.values()) else 3 * self.workers

    def _send(self, tag, job, content, refused):
        number = next(self._numbers)
        self._flying[number] = tag, job, content, refused
        self._courier.send(number, content, self._avoid)

    def _take(self, sample):
        """The (tag, Done) pairs that the next answer of the cluster makes ready."""
        longest = max(job.limits.wall_seconds for _, job, _, _ in self._flying.values())
        # A cluster may begin without workers; only where some are avoided could a job wait for one that never comes.
        number, worker, answer, failure = self._courier.receive(2 * longest + PATIENCE if self._avoid else None)
        if type(number) is not int or number not in self._flying:
            return []
        tag, job, content, refused = self._flying.pop(number)
        if answer is None:
            return [(tag, Done(None, 0.0, "; ".join(dict.fromkeys([*refused, *itertools.islice(self._avoid.values(), TRIES), failure]))))]
        try:
            done = open_answer(answer, job, content, self._key)
        except DistrustError as error:
            why = f"the worker at {worker or 'an unknown address'} is not trusted: {error}"
            return self._elsewhere(tag, job, content, (*refused, why), worker)
        return sample.add(worker, tag, job, done) if done.verdict is not None else [(tag, done)]

    def _elsewhere(self, tag, job, content, refused, worker):
        """Give a job to another worker, if it did not meet with too many that cannot be trusted."""
        if worker:
            self._avoid[worker] = refused[-1]
        if len(refused) >= TRIES:
            return [(tag, Done(None, 0.0, "; ".join(refused)))]
        self._send(tag, job, content, refused)
        return []


def _certificate(address, folder):
    """The files for this address: two for tls://, none for tcp:// where that may be.

    Raises:
        NoCluster: neither may be used; says what to do.
    """
    if address.startswith("tls://"):
        files = folder / FOLDER / CERTIFICATE, folder / FOLDER / KEY
        if missing := [str(path) for path in files if not path.is_file()]:
            raise NoCluster(f"{address} needs the class's certificate, and {missing[0]} is not there; make it with: rnncourse cluster")
        return files
    if not _is_here(address) and os.environ.get(TRUSTED) != address:
        raise NoCluster(
            f"whoever reaches {address} could give points and read the cases, so it is not used. Use tls:// with the class's "
            f"certificate (rnncourse cluster makes it and says how), or, where you trust everybody in that network, set {TRUSTED}={address}"
        )
    return ()


def _is_here(address):
    """Whether only this machine reaches the address."""
    try:
        host = urlsplit(address).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _sentence(error):
    if isinstance(error, NoCluster):
        return str(error)
    return (
        f"{error}. So no verdict of the cluster is used any more: find out what is wrong there, or grade without it. "
        "What this run took from it before was confirmed by samples only; --regrade judges that again"
    )
