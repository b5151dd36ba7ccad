"""The relay passes honest messages on whole, and hangs up on what would fill the judge's memory."""

import os
import struct
import time

import pytest
import zmq

from rnncourse.grading.limits import MB
from rnncourse.grading.sandbox.relay import Meter, Relay, TooLarge

GREETING = b"\xff" + bytes(8) + b"\x7f\x03" + bytes(53)


def frame(size, more=False):
    return (bytes([more, size]) if size < 256 else struct.pack(">BQ", 2 | more, size)) + bytes(size)


def memory():
    """Bytes that this process holds."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("chunk", [1, 7, 10_000])
def test_messages_up_to_the_limit_pass_in_whatever_pieces(chunk):
    meter = Meter(2000)
    data = GREETING + frame(30) + (frame(200, more=True) + frame(1000, more=True) + frame(5)) * 3 + frame(1900)
    for start in range(0, len(data), chunk):
        meter.feed(data[start : start + chunk])
    with pytest.raises(TooLarge):
        meter.feed(frame(2000))


def test_a_message_of_many_small_parts_is_large_too():
    meter = Meter(10_000)
    meter.feed(GREETING)
    with pytest.raises(TooLarge):
        meter.feed(frame(1, more=True) * 200)


def test_the_length_alone_is_enough():
    meter = Meter(10_000)
    with pytest.raises(TooLarge):
        meter.feed(GREETING + struct.pack(">BQ", 2, 2**62))


@pytest.mark.parametrize("greeting", [bytes(64), b"\xff" + bytes(63), b"GET / HTTP/1.1\r\n" * 4])
def test_another_protocol_is_refused(greeting):
    with pytest.raises(TooLarge, match="ZMTP"):
        Meter(10_000).feed(greeting)


@pytest.fixture
def ends(tmp_path):
    """Make a kernel's end and a judge's end with a relay between them."""
    context, relays = zmq.Context(), []
    context.linger = 0

    def make(limit=MB, trusts=lambda connected: True):
        kernel, judge = context.socket(zmq.DEALER), context.socket(zmq.DEALER)
        kernel.bind(f"ipc://{tmp_path}/k-1")
        relays.append(Relay(str(tmp_path / "j"), [1], lambda number: str(tmp_path / f"k-{number}"), trusts, limit))
        judge.connect(f"ipc://{tmp_path}/j-1")
        return kernel, judge, relays[-1]

    yield make
    for relay in relays:
        relay.stop()
    context.destroy(linger=0)


def received(socket, seconds=10):
    return socket.recv_multipart() if socket.poll(1000 * seconds) else None


def test_both_ways_arrive_whole(ends):
    kernel, judge, relay = ends()
    question, answer = [b"a", bytes(700_000), b""], [os.urandom(300_000), b"b"]
    for _ in range(5):
        judge.send_multipart(question)
        assert received(kernel) == question
        kernel.send_multipart(answer)
        assert received(judge) == answer
    assert relay.why == ""


def test_after_too_large_a_message_the_line_is_dead(ends):
    kernel, judge, relay = ends(limit=100_000)
    judge.send(b"hello")
    assert received(kernel) == [b"hello"]
    kernel.send_multipart([bytes(1000)] * 200)
    assert received(judge, 2) is None
    assert "more than 100000 bytes" in relay.why


def test_a_listener_that_is_not_of_the_sandbox_gets_nothing(ends):
    kernel, judge, _ = ends(trusts=lambda connected: False)
    judge.send(b"hello")
    assert received(kernel, 1) is None


FLOOD = """
kernel = get_ipython().kernel
part = bytes(10**6)
kernel.session.send(kernel.iopub_socket, "display_data", content={"data": {}, "metadata": {}}, buffers=[part] * 400)
"""


def test_a_message_that_is_too_large_ends_the_kernel_and_costs_the_judge_nothing(start, run):
    kernel, before = start(), memory()
    assert run(kernel, FLOOD).status == "died"
    assert "a message of more than" in kernel.why
    assert memory() - before < 100 * MB


def test_messages_that_nobody_reads_wait_in_the_sandbox(start):
    kernel, before = start(), memory()
    kernel.client.execute(
        "from IPython.display import display\nfor _ in range(300): display({'text/plain': 'x' * 2**20}, raw=True)"
    )
    reply = kernel.client.get_shell_msg(timeout=60)
    time.sleep(0.5)
    assert reply["content"]["status"] == "ok" and memory() - before < 100 * MB
