"""Workers of an existing Dask cluster; each needs this package, torch and the text, and should have one thread.

Everybody who reaches the scheduler is trusted: they can run code in this process and on all workers, and give any rows.
So it serves a network of one's own, with nothing secret on the machine; rows carry no signature.
"""

from rnncourse.workers import client_of, waiting


class ClusterPool:
    """The same as `LocalPool`, on the cluster of a scheduler's address, such as "tcp://10.0.0.5:8786"."""

    def __init__(self, address, seconds=10):
        self._client = client_of(address, seconds)
        from distributed import as_completed

        self.notice = waiting(self._client)
        self._flying, self._ended = {}, as_completed(loop=self._client.loop)

    @property
    def workers(self):
        """Threads of all workers together, at least one: a cluster without workers may get some."""
        return max(1, sum(self._client.nthreads().values()))

    def start(self, run):
        """Give the cluster this run to do; if its worker is lost, the scheduler moves it to another."""
        from rnncourse.benchmark.measure import measure

        future = self._client.submit(measure, run, key=f"bench-{self._client.id}-{run.key}", pure=False)
        self._flying[future.key] = run
        self._ended.add(future)

    def ended(self):
        """Wait for a run to end: a list of one (run, rows, failure)."""
        future = next(self._ended)
        run = self._flying.pop(future.key)
        try:
            return [(run, future.result(), "")]
        except Exception as error:  # noqa: BLE001 - whatever the cluster says, such as KilledWorker, is told
            return [(run, None, f"the cluster gave no result: {type(error).__name__}: {str(error)[:300]}")]

    def close(self):
        """Leave the cluster; what is still on it is cancelled."""
        self._client.close()
