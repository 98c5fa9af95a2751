"""Builds the image and starts every role in it: ``python -m tests.deploy.image_trial``, as root, with buildah.

No container engine is needed: the root of the image is mounted read-only, with a /tmp to write to, and programs run in
it as the user of the image (chroot), against a Redis of this machine with TLS. Tokens and TLS are asked for, as in a
cluster. Then the bundled county's day is planned through the services. It ends with exit code 0 and ``image OK``.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import Popen
from typing import Any, Final

import yaml

from services.runtime.lifeline import start_child
from tests.chaos.stores import open_store
from tests.credentials import ISSUER, Authority, make_issuer
from tests.deploy.legs import needs
from tests.deploy.manifests import K8S, ROOT

IMAGE: Final = "localhost/cuntong:trial"
BASE: Final = "docker.io/library/debian:bookworm-slim"
USER: Final = "10001:10001"
_ENGINE: Final = {"BUILDAH_ISOLATION": "chroot"}
_START_S: Final = 120.0
_DEBIAN: Final = "http://deb.debian.org/debian"


def buildah(*words: str | Path) -> str:
    """Run buildah and give what it said."""
    done = subprocess.run(["buildah", *map(str, words)], env=os.environ | _ENGINE, stdout=subprocess.PIPE, check=True)
    return done.stdout.decode().strip()


def make_base(folder: Path) -> None:
    """Have the base image: from its registry, or where that is out of reach the same release by debootstrap."""
    if (
        subprocess.run(["buildah", "inspect", "--type", "image", BASE], capture_output=True, check=False).returncode
        == 0
    ):
        return
    if subprocess.run(["buildah", "pull", BASE], capture_output=True, check=False).returncode == 0:
        return
    subprocess.run(["debootstrap", "--variant=minbase", "bookworm", folder, _DEBIAN], check=True, stdout=sys.stderr)
    container = buildah("from", "scratch")
    buildah("add", "-q", container, folder, "/")
    buildah("commit", "-q", container, BASE)
    buildah("rm", container)


def build() -> dict[str, str]:
    """Build the image, and give the environment that it sets."""
    roots = Path("/etc/ssl/certs/ca-certificates.crt")
    # The build asks the registry of packages with the roots that this machine trusts.
    trust = ["-v", f"{roots}:/etc/roots.crt:ro", "--env", "PIP_CERT=/etc/roots.crt"] if roots.is_file() else []
    buildah("bud", "--format", "docker", "--layers", "--network", "host", *trust, "-t", IMAGE, ROOT)
    config = json.loads(buildah("inspect", "--type", "image", IMAGE))["OCIv1"]["config"]
    assert config["User"] == USER and config["Entrypoint"][-1] == "/app/bin/in-image", config
    return dict(line.split("=", 1) for line in config["Env"] if not line.startswith("PIP_"))


@contextmanager
def mounted(folder: Path) -> Iterator[Path]:
    """The root of the image, read-only, with a /tmp to write to."""
    container = buildah("from", "--pull=never", IMAGE)
    with ExitStack() as stack:
        stack.callback(buildah, "rm", container)
        whole = buildah("mount", container)
        folder.mkdir()

        def mount(*words: str | Path, at: Path) -> None:
            subprocess.run(["mount", *words, at], check=True)
            stack.callback(lambda: subprocess.run(["umount", "--lazy", at], check=True))

        mount("--bind", whole, at=folder)
        subprocess.run(["mount", "-o", "remount,ro,bind", folder], check=True)
        mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", at=folder / "tmp")
        mount("-t", "proc", "proc", at=folder / "proc")
        mount("--bind", "/dev", at=folder / "dev")
        yield folder


def start(root: Path, environment: Mapping[str, str], *words: str, log: Path) -> Popen[bytes]:
    """Start the image's entry point in its root, as its user; it ends with this process."""
    command = [needs("chroot"), f"--userspec={USER}", str(root), "/app/bin/in-image", *words]
    with log.open("ab") as said:
        return start_child(command, stdout=said, stderr=said, environment=environment)


def settings(root: Path, role: str, store_url: str, secrets: Path) -> dict[str, str]:
    """What the base's manifests set, with this machine's ports and places."""
    given = dict(line.split("=", 1) for line in (K8S / "base/settings.env").read_text(encoding="utf-8").split())
    deployment = next(
        one
        for one in yaml.safe_load_all((K8S / f"base/{role}.yaml").read_text(encoding="utf-8"))
        if one["kind"] == "Deployment"
    )
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    given |= {one["name"]: one["value"] for one in container.get("env", ())}
    given |= {name: value.replace("0.0.0.0:", "127.0.0.1:0#").split("#")[0] for name, value in given.items()}
    at = f"/{secrets.relative_to(root)}"
    (secrets / "cuntong").mkdir(exist_ok=True)
    (secrets / "cuntong/cuntong_redis_url").write_text(store_url, encoding="utf-8")
    given = {name: value.replace("/run/secrets", at) for name, value in given.items()}
    return given | {"CUNTONG_AUTH_ISSUER": ISSUER, "CUNTONG_READY_FILE": f"/tmp/{role}.json"}


def wait_for(path: Path, process: Popen[bytes], log: Path) -> dict[str, Any]:
    """Wait until a role says where it listens."""
    deadline = time.monotonic() + _START_S
    while not path.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"{path.stem} did not start:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.1)
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def try_roles(root: Path, environment: Mapping[str, str], folder: Path) -> None:
    """Start all roles, plan a day through them, end them."""
    secrets = root / "tmp/secrets"
    for name in ("auth", "tls"):
        (secrets / name).mkdir(parents=True)
    authority, issuer = Authority(folder, "trial"), make_issuer(folder)
    server = authority.sign("server")
    for name, source in (("tls.crt", server.cert), ("tls.key", server.key), ("ca.crt", authority.cert_file)):
        shutil.copy(source, secrets / "tls" / name)
        (secrets / "tls" / name).chmod(0o644)
    shutil.copy(issuer.key_file, secrets / "auth/keys")
    (secrets / "token").write_text(issuer.token(), encoding="utf-8")
    with open_store(folder / "store", "redis-server", has_tls=True) as store:
        roots = str(store.roots)
        shutil.copy(roots, secrets / "tls/store.crt")
        url = store.url.replace(roots, "/tmp/secrets/tls/store.crt")
        processes: dict[str, Popen[bytes]] = {}
        found: dict[str, dict[str, Any]] = {}
        for role in ("consolidation", "route", "worker"):
            log = folder / f"{role}.log"
            given = dict(environment) | settings(root, role, url, secrets)
            processes[role] = start(root, given, role, log=log)
            found[role] = wait_for(root / f"tmp/{role}.json", processes[role], log)
            print(f"{role} answers: {found[role]}")
        log = folder / "plan.log"
        access = ["--token-file", "/tmp/secrets/token", "--ca", "/tmp/secrets/tls/ca.crt"]
        at = [f"--{role}={found[role]['grpc']}" for role in ("consolidation", "route")]
        words = [
            "plan",
            "/app/data/huadian",
            "--date",
            "2026-11-23",
            "--budget",
            "5",
            "--no-compare",
            "--out",
            "/tmp/out",
        ]
        planned = start(root, environment, "cuntong", *words, *at, *access, log=log)
        code = planned.wait(timeout=300)
        print(log.read_text(encoding="utf-8"))
        if code or not (root / "tmp/out/2026-11-23/plan.json").is_file():
            worker = (folder / "worker.log").read_text(errors="replace")[-3000:]
            raise SystemExit(f"the day was not planned: exit code {code}\n{worker}")
        for role, process in processes.items():
            process.send_signal(signal.SIGTERM)
            if ended := process.wait(timeout=60):
                raise SystemExit(f"{role} ended with {ended}")


def main() -> None:
    """Build and try."""
    missing = [name for name in ("buildah", "redis-server") if shutil.which(name) is None]
    if missing or os.geteuid():
        raise SystemExit(f"this needs root, buildah and redis-server; missing: {', '.join(missing) or 'root'}")
    with tempfile.TemporaryDirectory(prefix="cuntong-image-") as name:
        folder = Path(name)
        make_base(folder / "debian")
        environment = build()
        with mounted(folder / "root") as root:
            parts = json.loads((root / "app/sbom.cdx.json").read_text(encoding="utf-8"))["components"]
            print(f"built {IMAGE}: {len(parts)} components in its CycloneDX list")
            try_roles(root, environment, folder)
    print("image OK")


if __name__ == "__main__":
    main()
