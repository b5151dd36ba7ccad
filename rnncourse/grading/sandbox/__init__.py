"""Keeps a learner's code in: a kernel that sees a bare system, has no network and is gone when it is told to go.

    with Kernel(limits, files={"helper.py": b"..."}) as kernel:
        kernel.client.execute("print(6 * 7)")

A kernel is wrapped in layers, each for what passes the one before it, from the outside in:

- `relay`: all that the judge hears comes through here. Stops messages without end, which would fill the judge's
  memory, and addresses that lead elsewhere.
- `bounds`: memory, processes and CPU of the whole sandbox, by a `cgroup`, or where the system lends none, by a `watch`
  and one `processor` for each. Stops what is split over many processes, files, or sockets.
- `bubblewrap`: namespaces with a root folder that is put together from nothing. Stops the network, the sight of other
  processes and of the host's files (solutions, gradebook, other submissions, home folders), writing anywhere but in
  four temporary file systems of limited size, and whatever would outlive the kernel.
- `view`: rnncourse without exercises and references, in the place of the package. Stops copying the answer.
- `environment`: variables made from nothing. Stops leaks of secrets, and differences between two runs.
- another user without any privilege, who cannot gain one: as root a real one, else one of a user namespace. Stops
  work on devices and settings of the system; and the system counts the processes of this sandbox by themselves.
- `seccomp`: a filter of system calls. Stops new namespaces, tracing, keys, and the rarely used doors into the
  system in which its errors are found.
- `launch`: limits of each process (address space, time, file size, open files, processes). Stops the single hog.

`private` holds what all this needs on the host, `process` and `box` start and end it, `trial` finds out which layers
a machine gives, `advice` says how to get more, `provisioner` and `kernel` are the doors for Jupyter's own programs
and for the judge. `bare` is the same kernel without walls, for those who ask for it. It needs Linux 5.3 or later.
"""

from rnncourse.lazy import lazily

_HOME = {
    "Isolation": "trial",
    "isolation": "trial",
    "Kernel": "kernel",
    "SandboxError": "process",
    "SandboxProvisioner": "provisioner",
}
__all__ = ["Isolation", "Kernel", "SandboxError", "SandboxProvisioner", "isolation"]

__getattr__, __dir__ = lazily(__name__, _HOME)
