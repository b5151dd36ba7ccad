"""The machine and the class on it: files, processes, network, and links in a submission that lead elsewhere.

What the attacks do to the host is looked at from outside, after the run: see `Room.check_host`. Two of them need no
code to run at all: what lies in the submitted folder is enough.
"""

import contextlib
import io
import os
import socket
import stat
import tarfile
import zipfile

from tests.grading.attacks.attack import MARK, attack, solutions

ANYTHING = "def ngram_bits(*args):\n    return 0.0"


# ---------------------------------------------------------------- from inside the sandbox


@attack(ran=True)
def writes_everywhere(work):
    """New files in every place that there is; files that are there are written over, renamed and removed."""
    work.write("ngram_bits", ANYTHING)
    work.add("""
        import os, sys, sysconfig
        import rnncourse
        package = str(_Path(rnncourse.__file__).parent)
        places = [_HOST["class"], _HOST["class"] + "/grading", _HOST["home"], _HOST["outside"], _HOST["repository"], "/", "/etc", "/usr", "/usr/bin",
                  "/usr/local/lib", "/var/tmp", "/root", "/sys", "/proc/sys/kernel", "/boot", "/opt", "/mnt", "/srv", "/lib",
                  sys.prefix, sys.base_prefix, sysconfig.get_paths()["purelib"], package, package + "/checking"]
        for place in places:
            _tried(f"new file in {place}", lambda: open(f"{place}/rnn-attack-new", "w"))
            _tried(f"new folder in {place}", lambda: os.mkdir(f"{place}/rnn-attack-folder"))
        for path in (f"{package}/checking/probe.py", sys.executable, "/etc/passwd", "/etc/hosts", "/usr/bin/env", "/run/rnncourse/launch.py"):
            if os.path.exists(path):
                _tried(f"open {path}", lambda: open(path, "r+b"))
                _tried(f"remove {path}", lambda: os.unlink(path))
                _tried(f"rename {path}", lambda: os.rename(path, path + "-rnn-attack"))
                _tried(f"rights of {path}", lambda: os.chmod(path, 0o777))
    """)


@attack(ran=True)
def climbs_out(work):
    """Mounts, new name spaces, chroot, setuid, device files, and the programs that give rights away."""
    work.write("ngram_bits", ANYTHING)
    work.add("""
        import ctypes, os, shutil, subprocess
        libc = ctypes.CDLL(None, use_errno=True)
        def system(call, *words):
            if call(*words) != 0:
                raise OSError(ctypes.get_errno(), "refused")
        host = _HOST["class"].encode()
        os.makedirs("/tmp/here", exist_ok=True)
        _tried("mount", lambda: system(libc.mount, b"/", b"/tmp/here", None, 4096, None))
        _tried("remount", lambda: system(libc.mount, b"none", b"/", None, 32 | 4096, None))
        _tried("mount proc", lambda: system(libc.mount, b"proc", b"/tmp/here", b"proc", 0, None))
        _tried("umount", lambda: system(libc.umount2, b"/usr", 2))
        _tried("pivot", lambda: os.chroot("/tmp"))
        _tried("setuid", lambda: os.setuid(0))
        _tried("setgid", lambda: os.setgroups([0]))
        _tried("device", lambda: os.mknod("/tmp/rnn-attack-disk", 0o60666, os.makedev(8, 0)))
        for kind in ("mnt", "net", "pid", "user", "ipc", "uts"):
            _tried(f"join {kind}", lambda: system(libc.setns, os.open(f"/proc/1/ns/{kind}", os.O_RDONLY), 0) if kind not in ("pid", "user") else _NOTHING)
        for name, flag in (("mount", 0x20000), ("net", 0x40000000), ("pid", 0x20000000)):
            _tried(f"unshare {name}", lambda: system(libc.unshare, flag))
        for program in ("sudo", "su", "mount", "newuidmap", "pkexec", "bwrap", "unshare", "nsenter"):
            if shutil.which(program):
                def run(words={"su": ["su", "-c", "id"], "sudo": ["sudo", "-n", "id"], "mount": ["mount", "--bind", "/", "/tmp/here"],
                               "unshare": ["unshare", "-m", "true"], "nsenter": ["nsenter", "-t", "1", "-m", "true"],
                               "bwrap": ["bwrap", "--bind", "/", "/", "--unshare-pid", "true"]}.get(program, [program])):
                    if subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=3).returncode:
                        raise PermissionError
                _tried(program, run)
    """)


@attack(ran=True)
def reaches_into_processes(work):
    """ptrace, memory and signals of other processes; priorities and limits of its own."""
    work.write("ngram_bits", ANYTHING)
    work.add("""
        import ctypes, os, resource, signal
        libc = ctypes.CDLL(None, use_errno=True)
        def system(call, *words):
            if call(*words) == -1:
                raise OSError(ctypes.get_errno(), "refused")
        others = [int(p) for p in os.listdir("/proc") if p.isdigit() and int(p) not in (os.getpid(), 1)]
        for pid in [1, os.getppid()]:
            if pid:
                _tried(f"attach to {pid}", lambda: system(libc.ptrace, 16, pid, 0, 0))
                _tried(f"write to {pid}", lambda: open(f"/proc/{pid}/mem", "r+b").write(b"x"))
        _tried("processes of the host", lambda: _any([p for p in others if b"grade_class" in open(f"/proc/{p}/cmdline", "rb").read()]))
        for pid in (_HOST["pid"], _HOST["pid"] + 1):
            if pid not in others and pid not in (1, os.getpid()):
                _tried(f"signal {pid}", lambda: os.kill(pid, 9))
        _tried("more memory", lambda: resource.setrlimit(resource.RLIMIT_AS, (2**40, 2**40)))
        _tried("more processes", lambda: resource.setrlimit(resource.RLIMIT_NPROC, (10**6, 10**6)))
        _tried("priority", lambda: os.nice(-10))
        _tried("real time", lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)))
        for path, text in (("/proc/sys/kernel/core_pattern", "|/tmp/x"), ("/proc/sysrq-trigger", "h"), ("/sys/fs/cgroup/cgroup.procs", "1"),
                           ("/proc/1/oom_score_adj", "-1000"), ("/proc/self/oom_score_adj", "-1000"), ("/proc/self/uid_map", "0 0 1")):
            _tried(path, lambda: os.write(os.open(path, os.O_WRONLY), text.encode()))
    """)


@attack(ran=True)
def calls_home(work):
    """TCP, UDP, names, raw and local sockets: to a server that listens on the host, and to the world."""
    work.write("ngram_bits", ANYTHING)
    work.add("""
        import socket
        socket.setdefaulttimeout(1)
        def tcp(host, port, family=socket.AF_INET):
            with socket.socket(family) as one:
                one.connect((host, port))
        _tried("tcp", lambda: tcp("127.0.0.1", _HOST["tcp"]))
        _tried("tcp by name", lambda: tcp("localhost", _HOST["tcp"]))
        _tried("tcp 6", lambda: tcp("::1", _HOST["tcp"], socket.AF_INET6))
        _tried("tcp any", lambda: tcp("0.0.0.0", _HOST["tcp"]))
        def udp():
            with socket.socket(type=socket.SOCK_DGRAM) as one:
                one.connect(("127.0.0.1", _HOST["udp"]))
                one.send(b"hello")
                one.send(b"hello")
        _tried("udp", udp)
        _tried("name", lambda: socket.getaddrinfo("example.org", 80))
        _tried("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
        _tried("packet", lambda: socket.socket(17, socket.SOCK_RAW))
        for address in (_HOST["socket"], "\\0" + _HOST["abstract"], "/run/dbus/system_bus_socket", "/var/run/docker.sock"):
            _tried(f"local {address!r}", lambda: socket.socket(socket.AF_UNIX).connect(address))
        _tried("interfaces", lambda: _any([name for _, name in socket.if_nameindex() if name != "lo"]))
    """)


@attack(may=2.0, keeps=0.0)
def puts_the_hosts_socket_in_place(work):
    """The kernel's own sockets become links to one that listens on the host; then the kernel dies and is looked for anew."""
    work.solve("last_valid")
    work.write("ngram_bits", "import os\ndef ngram_bits(*args):\n    os._exit(1)")
    work.write("stateful_batches", """
        import os
        from pathlib import Path
        def stateful_batches(ids, batch_size, length):
            for path in Path("/run/kernel").iterdir():
                try:
                    path.unlink()
                    path.symlink_to(_HOST["socket"])
                except OSError:
                    pass
            os._exit(1)
    """)


@attack(may=2.0)
def kills_all_around(work):
    """SIGKILL to the parent, to the group, to process 1 and to everybody."""
    work.solve("last_valid")
    work.add("""
        import os, signal
        for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGKILL):
            for target in (os.getppid(), 1, _HOST["pid"]):
                if target not in (0, os.getpid()):
                    try:
                        os.kill(target, number)
                    except OSError:
                        pass
        os.kill(-1, signal.SIGKILL)
        os.killpg(os.getpgid(0), signal.SIGKILL)
    """, before="check_ngram_bits")  # fmt: skip


@attack(may=2.0)
def leaves_processes_behind(work):
    """Processes with a session of their own, deaf to signals, that go on after the kernel has ended and write outside."""
    work.solve("last_valid")
    work.add("""
        import os, signal, time
        for n in range(5):
            if os.fork() == 0:
                os.setsid()
                for number in range(1, 32):
                    try:
                        signal.signal(number, signal.SIG_IGN)
                    except (OSError, ValueError):
                        pass
                if os.fork() == 0:
                    until = time.time() + 60
                    while time.time() < until:
                        for place in ("outside", "class", "home"):
                            try:
                                open(f"{_HOST[place]}/rnn-attack-daemon", "w").close()
                            except OSError:
                                pass
                        time.sleep(0.2)
                os._exit(0)
    """, before="check_ngram_bits")  # fmt: skip


@attack(ran=True)
def asks_for_rare_calls(work):
    """System calls that have broken out of containers before: bpf, perf, userfaultfd, keys, io_uring, handles, terminals."""
    work.write("ngram_bits", ANYTHING)
    work.add("""
        import ctypes, fcntl, os, platform, termios
        libc = ctypes.CDLL(None, use_errno=True)
        calls = {"x86_64": {"bpf": 321, "perf": 298, "keyctl": 250, "io_uring": 425, "handle": 304, "module": 313, "reboot": 169, "swap": 167}}
        def system(number, *words):
            if libc.syscall(number, *words) == -1:
                raise OSError(ctypes.get_errno(), "refused")
        arguments = {"bpf": (0, 0, 0), "perf": (0, 0, -1, -1, 0), "keyctl": (0, -3, 1), "io_uring": (1, 0), "handle": (-1, 0, 0),
                     "module": (-1, b"", 0), "reboot": (0, 0, 0, 0), "swap": (b"/tmp/x", 0)}
        for name, number in calls.get(platform.machine(), {}).items():
            _tried(name, lambda: system(number, *arguments[name]))
        _tried("terminal", lambda: fcntl.ioctl(os.open("/dev/tty", os.O_RDWR), termios.TIOCSTI, b"x"))
        _tried("console", lambda: open("/dev/console", "w"))
    """)


# ---------------------------------------------------------------- what lies in the submitted folder


def _replaced_by_link(work, target):
    work.notebook = None
    work.path.symlink_to(target)


@attack(remark="symbolic link")
def a_link_to_a_neighbours_notebook(work):
    """The notebook is a symbolic link to that of a student who is right."""
    _replaced_by_link(work, f"../../aaa_right/{work.folder.name}/{work.path.name}")


@attack(remark="symbolic link")
def a_link_to_a_neighbours_folder(work):
    """The whole folder is a symbolic link to that of a student who is right."""
    work.notebook = None
    work.folder.rmdir()
    work.folder.symlink_to(f"../aaa_right/{work.folder.name}")


@attack(remark="symbolic link")
def links_to_secrets(work):
    """Symbolic links to the class's secret, the gradebook, endless devices, the root and to themselves."""
    work.write("ngram_bits", ANYTHING)
    root = work.targets["class"]
    for n, target in enumerate((f"{root}/canary", f"{root}/grading/secret", f"{root}/grading/gradebook.db", "/dev/zero", "/", "/proc/self/environ", ".", "link-6.py", "..")):
        (work.folder / f"link-{n}.py").symlink_to(target)
    (work.folder / "data").symlink_to(root)


@attack(remark="hard link")
def a_hard_link_to_a_secret(work):
    """A hard link to a file of the instructor's, which would be written over if anybody wrote into it."""
    work.write("ngram_bits", ANYTHING)
    os.link(f"{work.targets['class']}/linked", work.folder / "notes.txt")


@attack(may=2.0, keeps=2.0, remark="only regular files")
def pipes_sockets_and_devices(work):
    """A pipe that nobody writes to, a socket, a device where the system lets one make it, beside honest work."""
    work.solve("last_valid")
    os.mkfifo(work.folder / "data.ipynb")
    os.mkfifo(work.folder / "timestamp.txt")
    with socket.socket(socket.AF_UNIX) as one:
        here = os.getcwd()
        os.chdir(work.folder)  # the path of a socket has to be short
        try:
            one.bind("socket.ipynb")
        finally:
            os.chdir(here)
    if os.geteuid() == 0:
        with contextlib.suppress(OSError):  # a container without that right
            os.mknod(work.folder / "zero.ipynb", stat.S_IFCHR | 0o666, os.makedev(1, 5))


@attack(remark="folder|no notebook")
def a_folder_named_like_a_notebook(work):
    """The notebook is a folder, with folders of such names in it."""
    work.notebook = None
    (work.path / work.path.name / "deeper.ipynb").mkdir(parents=True)
    (work.path / "inside.txt").write_text("nothing")


@attack(may=2.0, keeps=2.0, remark=".")
def names_that_no_screen_shows(work):
    """File names with line breaks, controls, 250 bytes, invalid UTF-8, marks that turn text round, leading dashes and blanks."""
    work.solve("last_valid")
    names = [b"a\nb.py", b"\x1b[31mred.py", b"n" * 250 + b".py", b"\xff\xfe\x80.py", "\u202eyp.txt".encode(), b"-rf", b" ", b"..py", b"con.", b"a\\b", b"*?.py", b"$(id)"]
    for name in names:
        with open(os.path.join(os.fsencode(work.folder), name), "wb") as file:
            file.write(b"pass")
    deep = work.folder.joinpath(*["d"] * 40)
    deep.mkdir(parents=True)
    (deep / "deep.py").write_text("pass")


def _zipped(entries):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content, mode in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, content)
    return buffer.getvalue()


@attack(remark="leads out")
def a_zip_that_climbs(work):
    """An archive whose entries lead out of it: upwards, from the root, through a link, with backslashes."""
    work.notebook = None
    plain, link = stat.S_IFREG | 0o644, stat.S_IFLNK | 0o777
    names = ["../" * n + f"{MARK}-zip" for n in range(1, 12)] + [f"/tmp/{MARK}-zip", f"{work.targets['outside']}/{MARK}-zip", f"..\\..\\{MARK}-zip"]
    entries = [(name, b"x", plain) for name in names] + [("way", work.targets["outside"].encode(), link), (f"way/{MARK}-zip", b"x", plain)]
    entries.append(("C:\\" + MARK, b"x", plain))
    work.put("work.zip", _zipped(entries))


@attack(remark="no regular file|leads out")
def a_tar_that_climbs(work):
    """The same as tar, with links, hard links, devices, a pipe, and an entry that goes through a link."""
    work.notebook = None
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        def entry(name, kind=tarfile.REGTYPE, target="", content=b""):
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size, info.mode = kind, target, len(content), 0o4777
            archive.addfile(info, io.BytesIO(content))

        entry(f"../../../{MARK}-tar", content=b"x")
        entry(f"{work.targets['outside']}/{MARK}-tar", content=b"x")
        entry("way", tarfile.SYMTYPE, work.targets["outside"])
        entry(f"way/{MARK}-tar", content=b"x")
        entry("same", tarfile.LNKTYPE, f"{work.targets['class']}/canary")
        entry("disk", tarfile.BLKTYPE)
        entry("pipe.ipynb", tarfile.FIFOTYPE)
    work.put("work.tar.gz", buffer.getvalue())


@attack(may=2.0, keeps=2.0)
def a_helper_with_a_path(work):
    """An archive in place of a notebook that holds a right notebook, and helpers that would land beside the sandbox's own files."""
    work.write("last_valid", solutions(1)["last_valid"])
    work.save()
    content = work.path.read_bytes()
    work.path.unlink()
    work.notebook = None
    act = f"open({work.targets['outside']!r} + '/{MARK}-helper', 'w')".encode()
    plain = stat.S_IFREG | 0o644
    work.put("work.zip", _zipped([
        (work.path.name, content, plain), (".profile", act, plain), ("etc/passwd", act, plain), ("launch.py", act, plain),
        ("s-1", act, plain), ("a" * 180 + "/b.py", act, plain), ("data", act, plain), ("data/more.py", act, plain),
    ]))  # fmt: skip
