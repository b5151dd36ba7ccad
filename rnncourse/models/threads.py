"""How many threads torch uses while a small network trains: one."""

from contextlib import contextmanager

import torch


@contextmanager
def one_thread():
    """Let torch use one thread inside the block: for networks this small, more threads only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
