"""Between the judge and a kernel: passes bytes on, and hangs up on a message that is too large.

ZeroMQ bounds each part of a message but not their number, and it connects again to whatever lies at an address. So
its sockets end here. A relay connects once to each socket of the kernel, before the learner's code runs; it makes
sure that a process of the sandbox listens there, reads the lengths as they pass (ZMTP 3: a greeting of 64 bytes, then
frames with their length in front), and holds no more than a few hundred kilobytes.
"""

import contextlib
import selectors
import socket
import struct
import threading

CHUNK = 2**18
ANSWERS_WITHIN = 5.0  # seconds; whoever listens takes a connection at once
GREETING = 64
FRAME_COST = 64  # bytes that ZeroMQ spends on a part beside its content
MORE, LONG = 1, 2


class TooLarge(Exception):
    """A message is larger than allowed, or what came is no ZMTP 3."""


class Meter:
    """Follows the frames of one direction and raises `TooLarge`."""

    def __init__(self, limit):
        self._limit, self._message, self._skip, self._head = limit, 0, 0, b""
        self._greeted = False

    def feed(self, data):
        """Take the next bytes.

        Raises:
            TooLarge: the message that they belong to is larger than the limit.
        """
        at = 0
        while at < len(data):
            if self._skip:
                step = min(self._skip, len(data) - at)
                self._skip -= step
                at += step
            else:
                self._head += data[at : at + 1]
                at += 1
                self._read_head()

    def _read_head(self):
        head = self._head
        if not self._greeted:
            if len(head) == GREETING:
                if head[0] != 0xFF or head[9] != 0x7F or head[10] < 3:
                    raise TooLarge("no ZMTP 3")
                self._greeted, self._head = True, b""
        elif len(head) == (9 if head[0] & LONG else 2):
            self._skip = struct.unpack(">Q", head[1:])[0] if head[0] & LONG else head[1]
            self._message += self._skip + FRAME_COST
            self._head = b""
            if self._message > self._limit:
                raise TooLarge(f"a message of more than {self._limit} bytes")
            if not head[0] & MORE:
                self._message = 0


class _Way:
    """One direction of a connection: what was read and is not yet passed on."""

    def __init__(self, source, target, meter=None):
        self._source, self._target, self._meter = source, target, meter
        self.waiting = b""

    def read(self):
        """Take what there is and pass on what goes; False at the end."""
        data = self._source.recv(CHUNK)
        if self._meter:
            self._meter.feed(data)
        self.waiting = memoryview(data)
        self.write()
        return bool(data)

    def write(self):
        """Pass on what goes without waiting."""
        with contextlib.suppress(BlockingIOError):
            self.waiting = self.waiting[self._target.send(self.waiting) :]


class _Connection:
    """Two sockets and both ways between them; `near` is the judge's side, `far` the kernel's."""

    def __init__(self, near, far, limit):
        self.ends = (near, far)
        self._from = {near: _Way(near, far), far: _Way(far, near, Meter(limit))}
        self._to = {near: self._from[far], far: self._from[near]}

    def wants(self, end):
        """The events to wait for at one end: nothing is read before all that was read is passed on."""
        reads = 0 if self._from[end].waiting else selectors.EVENT_READ
        return reads | (selectors.EVENT_WRITE if self._to[end].waiting else 0)

    def serve(self, end, events):
        """Do what one end is ready for; False if the connection is over."""
        if events & selectors.EVENT_WRITE:
            self._to[end].write()
        return not (events & selectors.EVENT_READ and not self._from[end].waiting) or self._from[end].read()


class Relay(threading.Thread):
    """Listens at `address`-1 to -5 and passes on to the kernel's sockets of the same numbers.

    `why` is empty, or one sentence once it hung up.
    """

    def __init__(self, address, numbers, reach, trusts, limit, hang_up=lambda: None):
        """Start listening.

        Args:
            address: path on the host, without the number.
            numbers: of the sockets.
            reach: maps a number to the path of the kernel's socket.
            trusts: whether a socket that was connected leads into the sandbox.
            limit: bytes of one message from the kernel.
            hang_up: called when a message was larger: who sends such a thing is not worth waiting for.
        """
        super().__init__(name="sandbox-relay", daemon=True)
        self.why = ""
        self._reach, self._trusts, self._limit, self._hang_up = reach, trusts, limit, hang_up
        self._selector = selectors.DefaultSelector()
        self._wake, self._end = socket.socketpair()
        self._selector.register(self._wake, selectors.EVENT_READ)
        for number in numbers:
            self._listen(f"{address}-{number}", number)
        self.start()

    def _listen(self, path, number):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(4)
        listener.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ, number)

    def stop(self):
        """Hang up on all and end."""
        self._end.close()
        self.join()

    def run(self):
        try:
            while self._step():
                pass
        finally:
            for key in list(self._selector.get_map().values()):
                key.fileobj.close()
            self._selector.close()

    def _step(self):
        for key, events in self._selector.select():
            if key.fileobj is self._wake:
                return False
            if isinstance(key.data, int):
                self._accept(key.fileobj, key.data)
            elif key.fileobj.fileno() >= 0:  # not closed by an event just before
                self._serve(key.data, key.fileobj, events)
        return True

    def _accept(self, listener, number):
        near, far = listener.accept()[0], socket.socket(socket.AF_UNIX)
        far.settimeout(ANSWERS_WITHIN)
        try:
            far.connect(self._reach(number))
            if not self._trusts(far):
                raise ConnectionRefusedError
        except OSError:  # the kernel has ended, or something else lies at its address
            near.close()
            far.close()
            return
        connection = _Connection(near, far, self._limit)
        for end in connection.ends:
            end.setblocking(False)
            self._selector.register(end, selectors.EVENT_READ, connection)

    def _serve(self, connection, end, events):
        try:
            going_on = connection.serve(end, events)
        except TooLarge as why:
            self.why, going_on = f"it sent {why}", False
            self._hang_up()
        except OSError:
            going_on = False
        for end in connection.ends:
            if going_on:
                self._want(end, connection)
            else:
                with contextlib.suppress(KeyError):
                    self._selector.unregister(end)
                end.close()

    def _want(self, end, connection):
        """Wait at this end for what it can do next; for nothing, if the other end is full."""
        wanted = connection.wants(end)
        known = end in self._selector.get_map()
        if wanted and known:
            self._selector.modify(end, wanted, connection)
        elif wanted:
            self._selector.register(end, wanted, connection)
        elif known:
            self._selector.unregister(end)
