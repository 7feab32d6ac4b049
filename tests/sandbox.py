"""Tries the sandbox of the systemd unit without systemd: `python -m tests.sandbox` runs the sample within it.

The settings of `examples/systemd/offduty.service` are read and done by bubblewrap: read-only mounts and the one folder
that may be written, no network, no rights, no devices, no other processes, and the unit's own list of system calls, as
`systemd-analyze` spells it out and libseccomp compiles it. What has no counterpart there is named at the end.

Needs Linux, `bwrap` (apt-get install bubblewrap), `systemd-analyze` (systemd) and libseccomp. It is a command and no
test: a machine of continuous integration would have to install bubblewrap first, and may not make user namespaces.
"""

from __future__ import annotations

import ctypes
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.paths import ROOT

UNIT = ROOT / "examples" / "systemd" / "offduty.service"
JOB_FOLDER, CODE = "/srv/offduty", "/opt/offduty"
EPERM, ALLOW = 0x0005_0001, 0x7FFF_0000
"""What libseccomp answers a call that is not on the list, and one that is."""
MOUNTS = {
    "ProtectSystem": ["--ro-bind", "/", "/"],
    "ProtectHome": ["--tmpfs", "/home", "--tmpfs", "/root"],
    "PrivateTmp": ["--tmpfs", "/tmp", "--tmpfs", "/var/tmp"],
    "PrivateDevices": ["--dev", "/dev"],
    "ProtectProc": ["--unshare-pid", "--proc", "/proc"],
    "PrivateNetwork": ["--unshare-net"],
    "PrivateIPC": ["--unshare-ipc"],
    "PrivateUsers": ["--unshare-user", "--uid", "10001", "--gid", "10001"],
    "ProtectHostname": ["--unshare-uts"],
    "ProtectControlGroups": ["--unshare-cgroup-try"],
    "CapabilityBoundingSet": ["--cap-drop", "ALL"],
}
"""The settings that bubblewrap can do, in the order in which it must."""
ELSEWHERE = {"ReadOnlyPaths", "ReadWritePaths", "SystemCallFilter", "SystemCallErrorNumber", "NoNewPrivileges", "UMask"}
ELSEWHERE |= {
    "RestrictAddressFamilies",
    "LimitCORE",
    "Type",
    "User",
    "Group",
    "Environment",
    "WorkingDirectory",
    "ExecStart",
}
TRIES = {
    "the sample is run": ["offduty", "run", "job.toml", "--from", "2026-03-23", "--to", "2026-03-25", "--each", "day"],
    "the unit's own command": [f"{CODE}/examples/nightly.sh", f"{JOB_FOLDER}/job.toml", "2"],
    "the store is verified": ["offduty", "verify", "store", "--inputs", "job.toml", "--key", "signing.pub"],
}
REFUSED = {
    "writing beside the job": ["python3", "-c", "open('/srv/offduty/new', 'w')"],
    "writing into the code": ["python3", "-c", "open('/opt/offduty/examples/new', 'w')"],
    "opening a socket": ["python3", "-c", "import socket; socket.socket()"],
    "mounting": [
        "python3",
        "-c",
        "import os, ctypes; assert ctypes.CDLL(None).mount(b'x', b'/mnt', b'tmpfs', 0, 0) == 0",
    ],
    "tracing": ["python3", "-c", "import ctypes; assert ctypes.CDLL(None).ptrace(0, 0, 0, 0) == 0"],
}


def settings() -> dict[str, list[str]]:
    """The settings of the service; a key may stand several times."""
    found: dict[str, list[str]] = {}
    for key, value in re.findall(r"^(\w+)=(.*)$", UNIT.read_text().split("[Service]")[1], re.MULTILINE):
        found.setdefault(key, []).append(value)
    return found


def calls(group: str) -> set[str]:
    """The system calls of a group, and of the groups in it."""
    said = subprocess.run(["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, check=True)
    names = [line.strip() for line in said.stdout.splitlines() if line.startswith("    ") and "#" not in line]
    return {call for name in names for call in (calls(name) if name.startswith("@") else {name})}


def filter_of(unit: dict[str, list[str]]) -> int:
    """The unit's filter of system calls, compiled into a file without a name; its descriptor."""
    allowed = calls("@default")
    for group in unit["SystemCallFilter"]:
        allowed = allowed - calls(group[1:]) if group.startswith("~") else allowed | calls(group)
    if unit["RestrictAddressFamilies"] == ["none"]:
        allowed -= {"socket"}
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(EPERM)))
    for name in sorted(allowed):
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:  # others are calls of another machine
            library.seccomp_rule_add_array(rules, ctypes.c_uint32(ALLOW), number, 0, None)
    written = os.memfd_create("filter")
    library.seccomp_export_bpf(rules, written)
    os.lseek(written, 0, os.SEEK_SET)
    return written


def within(unit: dict[str, list[str]], work: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    """A command in the sandbox: the folder of the job, and in it the store, are where the unit has them."""
    allowed = filter_of(unit)
    (store,) = unit["ReadWritePaths"]
    places = [
        "--tmpfs",
        "/srv",
        "--ro-bind",
        str(work / "job"),
        JOB_FOLDER,
        "--bind",
        str(work / "job" / "store"),
        store,
    ]
    for python in {sys.base_prefix, sys.prefix}:  # it may be below somebody's home, which the unit hides
        places += ["--ro-bind", python, python]
    places += ["--tmpfs", "/opt", "--ro-bind", str(work / "code"), CODE, "--ro-bind", str(ROOT), f"{CODE}/code"]
    mounts = [word for name, words in MOUNTS.items() if name in unit for word in words]
    environment = dict(pair.split("=", 1) for pair in unit["Environment"][0].split())
    chosen = {**environment, "PYTHONPATH": f"{CODE}/code", "PYTHONDONTWRITEBYTECODE": "1"}
    names = [word for name, value in chosen.items() for word in ("--setenv", name, value)]
    sandbox = ["bwrap", *mounts, *places, "--remount-ro", "/srv", "--remount-ro", "/opt", "--chdir", JOB_FOLDER]
    sandbox += ["--clearenv", *names, "--die-with-parent", "--new-session", "--seccomp", str(allowed), "--", *command]

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.umask(int(unit["UMask"][0], 8))

    try:
        return subprocess.run(
            sandbox, pass_fds=[allowed], preexec_fn=limit, capture_output=True, text=True, timeout=600, check=False
        )
    finally:
        os.close(allowed)


def lay_out(work: Path) -> None:
    """The sample with keys of its own, and beside it what the unit finds below /opt."""
    shutil.copytree(ROOT / "sample_data", work / "job", ignore=shutil.ignore_patterns("truth"))
    (work / "job" / "store").mkdir()
    offduty = [sys.executable, "-m", "offduty"]
    subprocess.run([*offduty, "init", str(work / "keys")], check=True, capture_output=True, cwd=work)
    for name in ("pseudonym.key", "signing.key", "signing.pub"):
        shutil.copy(work / "keys" / name, work / "job" / name)
    commands = work / "code" / ".venv" / "bin"
    commands.mkdir(parents=True)
    (work / "code" / "code").mkdir()
    shutil.copytree(ROOT / "examples", work / "code" / "examples")
    (commands / "offduty").write_text(f'#!/bin/sh\nexec {sys.executable} -m offduty "$@"\n')
    (commands / "offduty").chmod(0o755)


def main() -> int:
    """Try everything; 0 where what must work works, and what must be refused is refused."""
    unit, wrong = settings(), 0
    with tempfile.TemporaryDirectory(prefix="offduty-sandbox-") as folder:
        work = Path(folder)
        lay_out(work)
        for tried, command in {**TRIES, **REFUSED}.items():
            done = within(unit, work, command)
            held = (done.returncode == 0) is (tried in TRIES)
            wrong += not held
            last = (done.stderr or done.stdout).strip().splitlines()[-1:] or [""]
            print(f"{'as it must be' if held else 'WRONG'}: {tried}: exit {done.returncode}: {last[0]}")
    beside = sorted(set(unit) - set(MOUNTS) - ELSEWHERE)
    print(f"not tried, because only systemd does it: {', '.join(beside)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
