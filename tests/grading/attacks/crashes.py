"""The kernel ends, at every place where it can: that costs what was to be answered there, and nothing else.

`last_valid` is solved in most of these and has to keep its points.
"""

from tests.grading.attacks.attack import SHORT, attack

AFTER = "check_ngram_bits"  # a cell that comes after all that is graded


def dies(work, body, name="ngram_bits"):
    """The function `name` ends the kernel when it is called; `last_valid` is right."""
    work.solve("last_valid")
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    work.write(name, f"import ctypes, os, signal, sys, threading, time\ndef {name}(*anything):\n{lines}")


@attack(may=2.0, keeps=2.0, finding="ended the kernel")
def exits_in_the_call(work):
    """os._exit while the function is called, and the exercise before it is right."""
    dies(work, "os._exit(0)", "pad_sequences")


@attack(may=2.0, keeps=2.0, finding="ended the program|ended the kernel")
def leaves_in_every_polite_way(work):
    """sys.exit, SystemExit with strange codes, quit and exit, GeneratorExit, StopIteration, KeyboardInterrupt, asyncio's."""
    dies(work, "sys.exit(0)", "encode_text")
    dies(work, "raise SystemExit([1, {}, None])", "next_step_pairs")
    dies(work, "quit()", "make_windows")
    dies(work, "raise GeneratorExit", "chronological_split")
    dies(work, "raise KeyboardInterrupt('mine')", "standardize")
    dies(work, "raise StopIteration(StopIteration)", "pad_sequences")
    dies(work, "import asyncio\nraise asyncio.CancelledError", "stateful_batches")
    dies(work, "exit(3)", "ngram_bits")


@attack(may=2.0, keeps=2.0, finding="ended the kernel")
def reads_a_wild_address(work):
    """A segmentation fault in the call."""
    dies(work, "ctypes.string_at(1)")


@attack(may=2.0, keeps=2.0, finding="ended the kernel")
def aborts(work):
    """abort() in one function, SIGKILL to itself in another, SIGFPE in a third."""
    dies(work, "ctypes.CDLL(None).abort()")
    dies(work, "os.kill(os.getpid(), signal.SIGKILL)", "stateful_batches")


@attack(may=2.0, wall=SHORT)
def overflows_the_stack(work):
    """Recursion without end after the limit of recursion was taken away, in Python, and a list that is as deep."""
    dies(work, "sys.setrecursionlimit(10**9)\ndef deeper(n):\n    return deeper(n + 1) + 1\nreturn deeper(0)")
    dies(work, "a = []\nfor _ in range(10**6):\n    a = [a]\nreturn a", "stateful_batches")


@attack(may=4.0, keeps=4.0)
def dies_while_it_is_defined(work):
    """A cell between two right ones ends the kernel, each time that it runs."""
    work.solve("encode_text", "last_valid")
    work.add("import os\nos._exit(1)", before="last_valid")


@attack(may=2.0)
def every_cell_ends_the_kernel(work):
    """More cells that end the kernel than kernels may be worn out."""
    work.solve("last_valid")
    for n in range(12):
        work.add(f"import os\nos._exit({n})", before="last_valid")


@attack(may=2.0, keeps=2.0, finding=".")
def becomes_another_program(work):
    """The kernel's process turns into one that only sleeps, or into one that ends at once."""
    dies(work, "os.execv('/bin/true', ['true'])")


@attack(may=2.0, keeps=2.0, finding=".")
def errors_that_are_no_errors(work):
    """Exceptions with a class, a text, a traceback or a base that does not behave."""
    work.solve("last_valid")
    traps = {
        "encode_text": "class E(BaseException):\n    def __str__(self):\n        raise KeyError(1)\nraise E",
        "next_step_pairs": "class E(Exception):\n    def __str__(self):\n        return 5\nraise E",
        "make_windows": "class M(type):\n    @property\n    def __mro__(cls):\n        raise OSError\nclass E(Exception, metaclass=M):\n    pass\nraise E",
        "chronological_split": "class E(Exception):\n    def __str__(self):\n        raise SystemExit\nraise E",
        "standardize": "raise type('E' * 10**6, (Exception,), {})('x' * 10**7)",
        "pad_sequences": "class E(Exception):\n    __traceback__ = property(lambda self: 1 / 0)\nraise E",
        "stateful_batches": "e = Exception()\ne.__cause__ = e.__context__ = e\nraise e",
        "ngram_bits": "raise ExceptionGroup('many', [ExceptionGroup('more', [ValueError(n) for n in range(1000)])])",
    }
    for name, body in traps.items():
        dies(work, body, name)


@attack(may=2.0)
def an_error_that_exits_when_shown(work):
    """The text of an exception ends the process, in the call and in a cell."""
    dies(work, "class E(Exception):\n    def __str__(self):\n        os._exit(1)\nraise E")
    work.add("import os\nclass E(Exception):\n    def __str__(self):\n        os._exit(1)\nraise E", before=AFTER)


@attack(may=2.0)
def shuts_the_kernel_down(work):
    """The kernel is asked to shut down, politely, by the means that a notebook has for it."""
    work.solve("last_valid")
    work.add("""
        from IPython.core.interactiveshell import InteractiveShell
        from ipykernel.kernelapp import IPKernelApp
        InteractiveShell.instance().ask_exit()
        app = IPKernelApp.instance()
        app.kernel.do_shutdown(False)
        app.io_loop.add_callback(app.io_loop.stop)
    """, before=AFTER)  # fmt: skip


@attack(may=2.0)
def cuts_the_wires(work):
    """All open files are closed, the kernel's sockets with them."""
    work.solve("last_valid")
    work.add("import os\nos.closerange(0, 4096)", before=AFTER)


@attack(may=2.0, wall=SHORT)
def breaks_the_session(work):
    """The kernel goes on, but its session, its streams and its threads are gone, so that no reply is ever sent."""
    work.solve("last_valid")
    work.add("""
        from ipykernel.kernelapp import IPKernelApp
        kernel = IPKernelApp.instance().kernel
        kernel.session.send = lambda *anything, **more: None
        kernel.session.sign = lambda parts: b""
        kernel.iopub_socket.close()
    """, before=AFTER)  # fmt: skip


@attack(may=2.0)
def takes_python_apart(work):
    """Built-in names and loaded modules are removed, after all is defined."""
    work.solve("last_valid")
    work.add("""
        import builtins, sys
        for name in list(sys.modules):
            if not name.startswith(("builtins", "sys", "_rnncourse", "ipykernel", "zmq")):
                del sys.modules[name]
        for name in ("isinstance", "len", "dict", "list", "str", "Exception", "getattr", "print", "min", "range"):
            delattr(builtins, name)
    """, before=AFTER)  # fmt: skip


@attack(may=2.0)
def dies_a_little_later(work):
    """A thread ends the kernel a moment after the cell that started it, so that another one seems to be guilty."""
    work.solve("last_valid")
    work.add("""
        import os, threading, time
        def later():
            time.sleep(0.4)
            os._exit(1)
        threading.Thread(target=later, daemon=True).start()
    """, before="encode_text")  # fmt: skip


@attack(may=2.0, wall=SHORT)
def dies_when_time_is_nearly_up(work):
    """The kernel ends a moment before the submission's time does, so that hardly any is left to start another."""
    work.solve("last_valid")
    work.write("encode_text", """
        import os, signal, time
        start = time.monotonic()
        def encode_text(text, vocabulary):
            signal.setitimer(signal.ITIMER_REAL, 0)
            while time.monotonic() - start < 6.3:
                time.sleep(0.05)
            os._exit(1)
    """)


@attack(may=2.0, wall=1.0)
def has_no_time_at_all(work):
    """The submission's time is over about when its first kernel is up: that is no fault of the machine, and there is a verdict."""
    dies(work, "os._exit(1)", "encode_text")


@attack(may=2.0, keeps=2.0, finding="ended the kernel")
def dies_amid_messages(work):
    """Very many messages of a thousand parts each, and death while they are read: libzmq must not take the grader with it."""
    dies(work, """from ipykernel.kernelapp import IPKernelApp
thread = IPKernelApp.instance().kernel.iopub_thread
def flood():
    for _ in range(300):
        thread.socket.send_multipart([b"x"] * 1000)
    time.sleep(0.03)
    os._exit(1)
thread.schedule(flood)
time.sleep(10)""")
