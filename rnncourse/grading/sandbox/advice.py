"""How to get more isolation on this machine, in plain words."""

import os
import shutil
import sys
from pathlib import Path

INSTALL = "Install bubblewrap: sudo apt install bubblewrap (Debian, Ubuntu), sudo dnf install bubblewrap (Fedora)."
PROFILE = (
    "Ubuntu 24.04 and later let a program make user namespaces only if AppArmor has a profile for it: "
    "printf '%s\\n' 'abi <abi/4.0>,' 'include <tunables/global>' "
    "'profile bwrap /usr/bin/bwrap flags=(unconfined) { userns, }' "
    "| sudo tee /etc/apparmor.d/bwrap && sudo apparmor_parser -r /etc/apparmor.d/bwrap"
)
SWITCH = (
    "This system forbids user namespaces to ordinary users: sudo sysctl {setting} allows them until the next start."
)
CONTAINER = (
    "In a Docker or Podman container bubblewrap must be allowed to make namespaces: start the container with "
    "--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined "
    "(Podman: unmask=ALL), and for root in it --cap-add SYS_ADMIN."
)
AS_SANDBOX = (
    "Or take the {what} itself as the sandbox: one for each class that is thrown away afterwards, without network, "
    "with limits of memory, processes and disk, and with nothing in it that learners must not read or change but the "
    "course; then grade with --without-isolation. The references are in it, so a learner's code can read them."
)
POD = (
    "A default Kubernetes pod forbids namespaces. Where the cluster allows it, set hostUsers: false and, in the "
    "container's securityContext, seccompProfile: {type: Unconfined} and procMount: Unmasked."
)
POD_SETTINGS = (
    "For a pod as the sandbox set automountServiceAccountToken: false, runAsNonRoot: true, "
    "allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}, "
    "limits of cpu, memory and ephemeral-storage, and a NetworkPolicy without egress."
)
MACOS = "macOS has no sandbox that serves here: grade on Linux, in a virtual machine or on a server."
WINDOWS = (
    "On Windows grade in WSL2: wsl --install, then in its terminal sudo apt install bubblewrap, "
    "and install the course there."
)
READABLE = (
    "As root, learners' code runs as another user, who must be able to read the Python in use: chmod -R a+rX {prefix}"
)
FILTER = (
    "To have system calls filtered too, install libseccomp and its Python binding: "
    "sudo apt install libseccomp2; pip install pyseccomp"
)
OWN_GROUP = (
    "Memory is bounded for each process, and rnncourse adds the processes of a sandbox up twice a second. For a bound "
    "by the system itself, put in front of the command: systemd-run --user --scope -p Delegate=yes"
)

QUOTA = (
    "For a quota of the CPU by the system itself, let it hand on that controller: sudo mkdir -p "
    "/etc/systemd/system/user@.service.d && printf '[Service]\\nDelegate=cpu memory pids\\n' "
    "| sudo tee /etc/systemd/system/user@.service.d/delegate.conf && sudo systemctl daemon-reload, then log in again"
)


def advice(kind, seccomp=False, memory="rlimit", cpu="shared"):
    """Sentences on what to do, the likeliest first; none where there is nothing to gain."""
    if kind == "bubblewrap":
        return (
            ((FILTER,) if not seccomp else ())
            + ((OWN_GROUP,) if memory != "cgroup" else ())
            + ((QUOTA,) if cpu != "cgroup" else ())
        )
    if sys.platform == "darwin":
        return (MACOS,)
    if sys.platform == "win32":
        return (WINDOWS,)
    return tuple(_for_linux())


def _for_linux():
    if shutil.which("bwrap") is None:
        yield INSTALL
    for prefix in sorted({sys.prefix, sys.base_prefix}):
        if os.geteuid() == 0 and os.stat(prefix).st_mode & 0o005 != 0o005:
            yield READABLE.format(prefix=prefix)
    if _reads("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1":
        yield PROFILE
    for name, value in (("kernel.unprivileged_userns_clone", 1), ("user.max_user_namespaces", 10000)):
        if _reads("/proc/sys/" + name.replace(".", "/")) == "0":
            yield SWITCH.format(setting=f"{name}={value}")
    if "KUBERNETES_SERVICE_HOST" in os.environ:
        yield from (POD, AS_SANDBOX.format(what="pod"), POD_SETTINGS)
    elif os.path.exists("/.dockerenv") or os.path.exists("/run/.containerenv"):
        yield from (CONTAINER, AS_SANDBOX.format(what="container"))


def _reads(path):
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except OSError:
        return ""
