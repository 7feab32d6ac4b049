"""Object stores on loopback, and what tests ask of them: put, list, change, refuse, stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from moto.server import ThreadedMotoServer

SECRET = "s3cret-of-the-bucket"
BUCKET = "force"
STORE = f"s3://{BUCKET}/offduty"


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
        # moto looks whether a condition holds, and puts then: of two that come at once, both would find that nothing is there.
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
            "s3", endpoint_url=self.environment["AWS_ENDPOINT_URL"], aws_access_key_id="judge",
            aws_secret_access_key="judge", region_name="eu-west-2", config=Config(retries={"max_attempts": 1}),
        )  # fmt: skip
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
        return [each["Key"] for each in self.client.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", ())]

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
