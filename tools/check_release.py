"""Checks what a version of offduty needs before it is tagged, and builds it into dist: `make release-check`.

docs/contributing/release.md says what is checked and why. Each finding is one line on standard output; the exit code is
1 if there is any.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WITH_ADDRESSES = (".github/SECURITY.md", ".github/CODE_OF_CONDUCT.md", "pyproject.toml")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
"""The first is run by the tests; for the others the package is resolved, and nothing more."""
PLACE_HOLDER = re.compile(r"[\w./:@-]+\.invalid\b")


def place_holders(text: str) -> list[str]:
    """The addresses of a text that nobody can reach: those that end in ``.invalid`` (RFC 2606)."""
    return PLACE_HOLDER.findall(text)


def is_dated(changes: str, version: str) -> bool:
    """Whether a change log has a heading for a version with the day on which it was made."""
    return re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changes, re.MULTILINE) is not None


def findings_of_texts(version: str) -> list[str]:
    """What is missing in the files of the checkout."""
    found = [
        f"{name}: put a real address in place of {address}"
        for name in WITH_ADDRESSES
        for address in place_holders((ROOT / name).read_text(encoding="utf-8"))
    ]
    if not is_dated((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), version):
        found.append(f"CHANGELOG.md: give the heading of {version} its date: ## [{version}] - YYYY-MM-DD")
    if subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=True).stdout:
        found.append("the checkout has changes that are not committed")
    return found


def build(folder: Path) -> dict[str, str]:
    """Build wheel and sdist into a folder: the names of the files, with their SHA-256."""
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def findings_of_packages(dist: Path) -> list[str]:
    """Build twice, and ask the usual checkers: what they object to."""
    with tempfile.TemporaryDirectory() as second:
        found = [] if build(dist) == build(Path(second)) else ["built twice, the packages are not the same bytes"]
    packages = [str(path) for path in sorted(dist.iterdir())]
    wheels = [path for path in packages if path.endswith(".whl")]
    for checker in (["twine", "check", "--strict", *packages], ["check_wheel_contents", *wheels]):
        asked = subprocess.run([sys.executable, "-m", *checker], cwd=ROOT, capture_output=True, text=True, check=False)
        if asked.returncode:
            found.append(f"{checker[0]}: {' '.join((asked.stdout + asked.stderr).split())}")
    return found


def write_bill_of_materials(dist: Path, version: str) -> tuple[Path, list[str]]:
    """Install the wheel with the pinned requirements into an environment of its own, and list what is in there; and
    what stops the demonstration there, where there is nothing of the checkout.
    """
    bill = dist / f"offduty-{version}.cdx.json"
    (wheel,) = dist.glob("*.whl")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = str(Path(folder) / "bin" / "python")
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "--constraint", str(ROOT / "constraints.txt"), str(wheel)], check=True)
        # Once more by its name alone: of a file, pip records where it lay on this machine, and the list would say it.
        by_name = ["--no-index", "--find-links", str(dist), f"offduty=={version}"]
        subprocess.run([*install, "--force-reinstall", "--no-deps", *by_name], check=True)
        subprocess.run([python, "-m", "pip", "uninstall", "--quiet", "--yes", "pip", "setuptools"], check=True)
        listing = ["cyclonedx_py", "environment", "--output-reproducible", "--output-file", str(bill), python]
        subprocess.run([sys.executable, "-m", *listing], check=True, capture_output=True)
        return bill, findings_of_demo(Path(folder))


def findings_of_versions() -> list[str]:
    """The versions of Python for which the package and all extras that people install do not resolve from wheels."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    asked = [part for name in extras if name not in ("dev", "bench") for part in ("--extra", name)]
    found = []
    for version in PYTHONS:
        resolve = [
            sys.executable,
            "-m",
            "uv",
            "pip",
            "compile",
            "pyproject.toml",
            "--quiet",
            "--python-version",
            version,
        ]
        only = ["--only-binary", ":all:", "--no-binary", "pyspark"]  # pyspark has no wheel
        done = subprocess.run([*resolve, *only, *asked], cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            found.append(f"Python {version}: {' '.join(done.stderr.split())[:500]}")
    return found


def findings_of_demo(environment: Path) -> list[str]:
    """Do what somebody would do first with an installed wheel, in a folder that is not the checkout."""
    with tempfile.TemporaryDirectory() as elsewhere:
        demo = [str(environment / "bin" / "offduty"), "demo"]
        done = subprocess.run(
            demo, cwd=elsewhere, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin"}
        )
    return [] if done.returncode == 0 else [f"offduty demo ends with {done.returncode}: {done.stderr[-500:]}"]


def main() -> int:
    """Check, build and list; print what is found."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    dist = ROOT / "dist"
    dist.mkdir(exist_ok=True)
    for path in dist.iterdir():
        path.unlink()
    found = [*findings_of_texts(version), *findings_of_packages(dist), *findings_of_versions()]
    _, stopped = write_bill_of_materials(dist, version)
    found += stopped
    for finding in found:
        print(finding)
    print(f"offduty {version}: {len(found)} findings; packages and bill of materials are in dist")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
