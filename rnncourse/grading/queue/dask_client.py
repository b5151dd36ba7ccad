"""A process of its own that talks to a Dask scheduler, so that nothing of a cluster's is unpickled where grades are written.

Dask's messages may hold pickles, whatever serializers are asked for, and to load one is to run what it says: whoever
reaches the scheduler can run code in its clients. So this client has no business but to carry bytes. It runs confined
where the machine can (see `courier`), and speaks with the grading process by lines of JSON: on standard input the
scheduler's address, then one line a job; on standard output that it is there, then one line an answer.
"""

import base64
import json
import os
import queue
import sys
import threading

MEMORY = 8 * 2**30  # bytes of address space


def main():
    """Carry jobs and answers until standard input ends."""
    hear, say = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints, is no message
    _bound()
    carrier = _Carrier(say)
    if carrier.connect(**json.loads(hear.readline())):
        for line in hear:
            carrier.submit(**json.loads(line))
    carrier.close()
    os._exit(0)  # what is on the cluster is cancelled with this client; threads of the cluster's are not waited for


def _bound():
    """End with the parent, and keep to a bounded memory."""
    if sys.platform != "linux":
        return
    import ctypes
    import resource
    import signal

    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


class _Carrier:
    def __init__(self, say):
        self._client, self._jobs, self._lines = None, {}, queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, args=(say,), daemon=True)
        self._writer.start()

    def connect(self, address, seconds, certificate, key):
        """Whether a scheduler answers; says so."""
        from rnncourse.workers import NoCluster, client_of, waiting

        try:
            self._client = client_of(address, seconds, certificate, key)
            self.tell(ready=True, notice=waiting(self._client))
        except NoCluster as error:
            self.tell(ready=False, notice=str(error))
        except Exception as error:  # noqa: BLE001 - what answers may be anything, and say anything
            self.tell(ready=False, notice=f"no scheduler answers at {address} ({type(error).__name__}); start one with: dask scheduler")
        return self._client is not None

    def submit(self, number, job, avoid):
        """Hand one job to the cluster, to none of the workers in `avoid`."""
        from rnncourse.grading.queue.parcel import judge_parcel

        where = None
        if avoid:
            where = [worker for worker in self._client.nthreads() if worker not in avoid]
            if not where:
                self.tell(number=number, worker="", failure="no other worker of the cluster is left")
                return
        key = f"judge-{self._client.id}-{number}"
        future = self._client.submit(judge_parcel, base64.b64decode(job), key=key, pure=False, workers=where)
        self._jobs[number] = future
        future.add_done_callback(lambda future: self._answer(number, future))

    def _answer(self, number, future):
        worker = ""
        try:
            worker = next(iter(next(iter(self._client.who_has([future]).values()), ())), "")
            self.tell(number=number, worker=worker, answer=base64.b64encode(future.result()).decode())
        except Exception as error:  # noqa: BLE001 - whatever the cluster says, such as KilledWorker, is carried on
            self.tell(number=number, worker=worker, failure=f"the cluster gave no result: {type(error).__name__}: {str(error)[:300]}")
        self._jobs.pop(number, None)

    def tell(self, **message):
        """One line to the grading process; who calls need not wait until it listens."""
        if self._client is not None:
            message["threads"] = sum(self._client.nthreads().values())
        self._lines.put(json.dumps(message).encode() + b"\n")

    def close(self):
        """Wait until all lines are written."""
        self._lines.put(None)
        self._writer.join()

    def _write(self, say):
        while (line := self._lines.get()) is not None:
            say.write(line)
            say.flush()


if __name__ == "__main__":
    main()
