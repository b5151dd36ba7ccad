"""Which doors into the operating system stay shut for the learner's code: a filter of system calls.

Namespaces decide what a process sees; the filter takes away the calls that work on the system itself, most of
which ordinary programs never make. It is made with libseccomp where that is installed.
"""

import errno
import os
import socket
from functools import cache

FORBIDDEN = """
    unshare setns mount umount umount2 pivot_root chroot
    mount_setattr move_mount open_tree fsopen fsconfig fsmount fspick
    ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_getfd
    keyctl add_key request_key bpf perf_event_open userfaultfd
    io_uring_setup io_uring_enter io_uring_register
    kexec_load kexec_file_load init_module finit_module delete_module create_module query_module get_kernel_syms
    reboot swapon swapoff acct quotactl quotactl_fd syslog sethostname setdomainname
    settimeofday stime clock_settime clock_settime64 clock_adjtime clock_adjtime64 adjtimex
    open_by_handle_at name_to_handle_at fanotify_init lookup_dcookie uselib _sysctl sysfs ustat vhangup nfsservctl
    iopl ioperm modify_ldt vm86 vm86old personality
""".split()  # noqa: SIM905 - easier to read than a list in quotes
# Memory that belongs to no process escapes the limit on each; a program told that these are missing goes another way.
MISSING = ("clone3", "memfd_create", "memfd_secret", "shmget", "semget", "msgget", "mq_open")
# Which processor it runs on is our choice; a library that asks for another goes on as if it had been given it.
IGNORED = ("sched_setaffinity",)
NEW_NAMESPACES = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)  # flags of clone
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
NETLINK = 16  # which lists network interfaces
FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, NETLINK)


def available():
    """Whether the filter can be made on this machine."""
    return bool(program())


@cache
def program():
    """The filter as BPF for bubblewrap's `--seccomp`; empty bytes where libseccomp or its Python binding is missing."""
    try:
        import pyseccomp
    except (ImportError, OSError, RuntimeError):
        return b""
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    rules.set_attr(
        pyseccomp.Attr.ACT_BADARCH, pyseccomp.ERRNO(errno.ENOSYS)
    )  # 32-bit calls, which the rules do not name
    _forbid(pyseccomp, rules)
    return _exported(rules)


def _forbid(lib, rules):
    refused, missing = lib.ERRNO(errno.EPERM), lib.ERRNO(errno.ENOSYS)
    for names, answer in ((FORBIDDEN, refused), (MISSING, missing), (IGNORED, lib.ERRNO(0))):
        for name in names:
            _add(rules, answer, name)
    for flag in NEW_NAMESPACES:
        _add(rules, refused, "clone", lib.Arg(0, lib.MASKED_EQ, flag, flag))
    for request in (TIOCSTI, TIOCLINUX):
        _add(rules, refused, "ioctl", lib.Arg(1, lib.MASKED_EQ, 0xFFFFFFFF, request))
    _other_families(lib, rules)


def _other_families(lib, rules):
    """Only these families of sockets: some others are not kept apart by a network namespace."""
    answer = lib.ERRNO(errno.EAFNOSUPPORT)
    for family in range(max(FAMILIES)):
        if family not in FAMILIES:
            _add(rules, answer, "socket", lib.Arg(0, lib.EQ, family))
    _add(rules, answer, "socket", lib.Arg(0, lib.GT, max(FAMILIES)))
    _add(rules, answer, "socket", lib.Arg(0, lib.EQ, NETLINK), lib.Arg(2, lib.NE, 0))


def _add(rules, answer, name, *conditions):
    try:
        rules.add_rule(answer, name, *conditions)
    except (ValueError, OSError):  # this architecture or this libseccomp knows no such call
        return


def _exported(rules):
    with os.fdopen(os.memfd_create("seccomp"), "w+b") as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
