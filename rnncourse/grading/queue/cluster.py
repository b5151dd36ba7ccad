"""Workers of an existing Dask cluster; each needs this package and bubblewrap, and no folder of the class."""

import itertools

from rnncourse.grading.queue.work import Done, work
from rnncourse.workers import client_of, waiting


class ClusterPool:
    """The same as `LocalPool`, on the cluster of a scheduler's address, such as "tcp://10.0.0.5:8786"."""

    elsewhere = True  # what isolation there is, is for each worker to see

    def __init__(self, address, seconds=10):
        self._client = client_of(address, seconds)
        self.notice = waiting(self._client)

    @property
    def workers(self):
        """Threads of all workers together; each judges one submission at a time."""
        return max(1, sum(self._client.nthreads().values()))

    def run(self, tagged):
        """Judge jobs; a bounded number is on the cluster at a time, and one whose worker is lost moves to another."""
        from distributed import as_completed

        tagged, tags, ended = zip(itertools.count(), tagged), {}, as_completed(loop=self._client.loop)
        try:
            while True:
                self._fill(tagged, tags, ended)
                if not tags:
                    return
                future = next(ended)
                yield tags.pop(future.key), _done(future)
        finally:
            self.close()

    def _fill(self, tagged, tags, ended):
        while len(tags) < 3 * self.workers and (pair := next(tagged, None)) is not None:
            number, (tag, job) = pair
            future = self._client.submit(work, job, key=f"judge-{self._client.id}-{number}", pure=False)
            tags[future.key] = tag
            ended.add(future)

    def close(self):
        """Leave the cluster; what is still on it is cancelled."""
        self._client.close()


def _done(future):
    try:
        return future.result()
    except Exception as error:  # noqa: BLE001 - whatever the cluster says, such as KilledWorker, is told
        return Done(None, 0.0, f"the cluster gave no result: {type(error).__name__}: {str(error)[:300]}")
