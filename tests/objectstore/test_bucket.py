"""What `Bucket` promises of each of the three clouds, request by request, and who finds the credentials."""

from __future__ import annotations

import datetime
import ipaddress
import json
import os
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from offduty.core.locations import read_address
from offduty.objectstore import Bucket, ErrorKind, ObjectStoreError, clouds, open_bucket
from tests.objectstore.clouds import AZURE_ACCOUNT, AZURE_KEY, BUCKET, SECRET, error

LARGE = 12 << 20
"""More bytes than any of the clouds' libraries would send in one part."""


def shelf_of(scheme: str = "s3") -> Bucket:
    return open_bucket(read_address(f"{scheme}://{BUCKET}", "it"))


@pytest.fixture(params=["s3", "gs", "az"])
def shelf(request, monkeypatch) -> Bucket:
    """The bucket of each cloud, not empty."""
    for name, value in request.getfixturevalue(request.param).environment.items():
        monkeypatch.setenv(name, value)
    return shelf_of(request.param)


def told(asked: Callable[[], object]) -> ErrorKind:
    """The trouble that this is."""
    with pytest.raises(ObjectStoreError) as raised:
        asked()
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
    return raised.value.kind


def test_a_large_file_is_put_where_none_is_and_comes_back(shelf, tmp_path):
    """More than a part; a second put is told that something is there, and what is there stays."""
    key = f"{tmp_path.name}/large é%20+.bin"
    (tmp_path / "one").write_bytes(os.urandom(LARGE))
    (tmp_path / "other").write_bytes(bytes(LARGE))
    assert shelf.put(tmp_path / "one", key)
    assert not shelf.put(tmp_path / "other", key)
    assert not shelf.create(key, b"")
    (found,) = shelf.find(f"{tmp_path.name}/")
    assert (found.key, found.size) == (key, LARGE)
    shelf.fetch(found, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == (tmp_path / "one").read_bytes()
    assert (tmp_path / "back").stat().st_mode & 0o777 == 0o600


def test_of_several_puts_at_once_one_wins(shelf, tmp_path):
    """The others are told, and the object has the winner's bytes."""
    key, start, won = f"{tmp_path.name}/raced", threading.Barrier(6), []

    def race(number: int) -> None:
        start.wait()
        if shelf.create(key, b"%d" % number):
            won.append(b"%d" % number)

    racers = [threading.Thread(target=race, args=(number,)) for number in range(6)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert won == [shelf.read(key)]


def test_what_is_not_there(shelf, tmp_path):
    """Read, fetched, removed, found."""
    assert shelf.read(f"{tmp_path.name}/none") is None
    shelf.remove(f"{tmp_path.name}/none")
    assert shelf.find(f"{tmp_path.name}/none") == shelf.find(f"{tmp_path.name}/none/") == []
    assert shelf.create(f"{tmp_path.name}/some", b"x")
    (found,) = shelf.find(f"{tmp_path.name}/some")
    shelf.remove(found.key)
    assert told(lambda: shelf.fetch(found, tmp_path / "x")) in (ErrorKind.GONE, ErrorKind.CHANGED)
    assert shelf.create(f"{tmp_path.name}/some", b"y")
    assert told(lambda: shelf.sha256(found)) is ErrorKind.CHANGED


def test_an_object_and_what_lies_below_it_as_a_folder(shelf, tmp_path):
    """Neighbours whose names begin alike are others; empty objects are objects."""
    itself = (
        [] if shelf._cloud is clouds.CLOUDS["gs"] else ["a"]
    )  # the fake keeps objects as files, and this is a folder
    names = [*itself, "a/b", "a/c/d", "a/empty", "a.csv", "ab/c"]
    for name in names:
        assert shelf.create(f"{tmp_path.name}/{name}", b"" if name == "a/empty" else b"x")

    def found(prefix: str) -> list[str]:
        return [each.key.removeprefix(f"{tmp_path.name}/") for each in shelf.find(f"{tmp_path.name}/{prefix}")]

    assert found("a") == [*itself, "a/b", "a/c/d", "a/empty"]
    assert found("a/") == ["a/b", "a/c/d", "a/empty"]
    assert found("") == sorted(names)
    assert {f"{tmp_path.name}/{name}" for name in names} <= {each.key for each in shelf.find("")}


def test_what_stands_for_a_folder_is_no_object(s3):
    """A name that ends as folders do, with nothing in it; beside an empty file of the same name, too."""
    for key in ("in/", "in/x/", "in/y/", "in/y", "in/y/z"):
        s3.put(key, b"")
    assert [each.key for each in shelf_of().find("in")] == ["in/y", "in/y/z"]
    assert [each.key for each in shelf_of().find("in/")] == ["in/y", "in/y/z"]


def test_what_azure_lists_as_a_folder_is_no_object(az, monkeypatch):
    """Some of its clients write so on an empty object."""
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", az.environment["AZURE_STORAGE_CONNECTION_STRING"])
    az.put("/folders/a", **{"x-ms-meta-hdi_isfolder": "true"})
    az.put("/folders/b/")
    az.put("/folders/c")
    assert [each.key for each in shelf_of("az").find("folders/")] == ["folders/c"]


@pytest.mark.parametrize("name", ["a//b", "a/../b", "./a", "a/b/c\x01"])
def test_names_that_no_file_can_have(s3, name):
    """Told as what they are."""
    s3.put(f"in/{name}", b"x")
    assert told(lambda: shelf_of().find("in/")) is ErrorKind.NAME


def test_two_objects_that_differ_in_a_slash_at_the_end(s3):
    """Neither hides behind the other."""
    s3.put("in/a.csv", b"x")
    s3.put("in/a.csv/", b"y")
    assert told(lambda: shelf_of().find("in/")) is ErrorKind.NAME


def test_more_objects_than_a_page_holds(s3):
    """All are found."""

    def shorter(request):
        if "list-type" in request["QUERY_STRING"]:
            request["QUERY_STRING"] += "&max-keys=4"

    names = [f"in/{number:02}" for number in range(11)]
    for name in names:
        s3.put(name, b"x")
    s3.front.before = shorter
    s3.front.seen.clear()
    assert [each.key for each in shelf_of().find("in/")] == names
    assert len(s3.front.seen) == 3


def test_rights_below_a_folder_are_enough(s3):
    """An object of the folder's own name may be forbidden; where nothing is found the refusal is told."""
    s3.put("in/a.csv", b"x")
    s3.front.before = lambda request: error("403 No", "AccessDenied") if request["REQUEST_METHOD"] == "HEAD" else None
    assert [each.key for each in shelf_of().find("in")] == ["in/a.csv"]
    assert told(lambda: shelf_of().find("none")) is ErrorKind.REFUSED


def test_a_put_is_one_request_with_the_condition_and_a_checksum(s3, tmp_path):
    """However large the file; no upload in parts is begun."""
    asked: list[dict] = []
    s3.front.before = lambda request: asked.append(dict(request))
    (tmp_path / "large").write_bytes(bytes(LARGE))
    assert shelf_of().put(tmp_path / "large", "in/large")
    ((put),) = asked
    assert (put["REQUEST_METHOD"], put["QUERY_STRING"], put["HTTP_IF_NONE_MATCH"]) == ("PUT", "", "*")
    assert put["HTTP_X_AMZ_CHECKSUM_SHA256"]


def test_the_environment_cannot_switch_conditions_off(s3, monkeypatch):
    """obstore would listen to it."""
    monkeypatch.setenv("AWS_CONDITIONAL_PUT", "disabled")
    assert shelf_of().create("in/a", b"x") and not shelf_of().create("in/a", b"y")


def test_a_file_that_is_too_large_for_one_put(s3, tmp_path, monkeypatch):
    """Nothing is sent."""
    shelf = shelf_of()
    (tmp_path / "large").write_bytes(b"xy")
    monkeypatch.setattr(shelf, "_cloud", clouds.Cloud("s3", shelf._cloud.bucket, 1, condition=True))
    s3.front.seen.clear()
    assert told(lambda: shelf.put(tmp_path / "large", "in/large")) is ErrorKind.LARGE
    assert s3.front.seen == []


class Talking(BaseHTTPRequestHandler):
    """A server that answers as it is told."""

    say: Callable[[BaseHTTPRequestHandler], None]

    def do_GET(self) -> None:
        """Whatever is asked."""
        self.say()

    do_PUT = do_POST = do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def talking(say: Callable[[BaseHTTPRequestHandler], None], trust: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server's address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Told", (Talking,), {"say": say}))
    if trust:
        server.socket = trust.wrap_socket(server.socket, server_side=True)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http{'s' if trust else ''}://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def answer(to: BaseHTTPRequestHandler, body: bytes, **headers: str) -> None:
    """An answer as it should be."""
    to.send_response(200)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        to.send_header(name, value)
    to.end_headers()
    to.wfile.write(body)


def halfway(to: BaseHTTPRequestHandler) -> None:
    """The beginning of an answer, and no more."""
    answer(to, b"x", **{"Content-Length": "100", "ETag": '"x"', "Last-Modified": "Mon, 02 Mar 2026 00:00:00 GMT"})
    to.wfile.flush()
    time.sleep(30)


@pytest.mark.parametrize("how", ["at once", "halfway"])
def test_a_server_that_hangs_is_given_up(s3, monkeypatch, how):
    """A listing, a get, a put: after a while of silence."""
    monkeypatch.setattr(clouds, "SILENCE", datetime.timedelta(seconds=1))
    with talking(halfway if how == "halfway" else lambda to: time.sleep(30)) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        shelf, began = shelf_of(), time.monotonic()
        assert told(lambda: shelf.read("in/a")) is ErrorKind.LOST
        if how == "at once":
            assert told(lambda: shelf.find("in/")) is ErrorKind.LOST
            assert told(lambda: shelf.create("in/a", b"x")) is ErrorKind.LOST
        assert time.monotonic() - began < 25


def test_nothing_is_said_of_what_goes_on(s3, monkeypatch):
    """Neither by obstore, whatever Rust's variables ask for, nor by what finds credentials, where everything is logged."""
    code = (
        "import logging; logging.basicConfig(level=0)\n"
        "from offduty.core.locations import read_address\nfrom offduty.objectstore import open_bucket\n"
        f"shelf = open_bucket(read_address('s3://{BUCKET}', 'it'))\n"
        "assert shelf.create('in/a', b'x') and shelf.find('in/') and shelf.read('in/a') and shelf.remove('in/a') is None"
    )
    env = {**os.environ, "RUST_LOG": "trace", "RUST_BACKTRACE": "full"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout + done.stderr == ""


def test_credentials_region_and_endpoint_in_the_files_of_aws(s3, monkeypatch, tmp_path):
    """A profile that the environment names; one that it names and that is not there is a refusal."""
    address = s3.environment["AWS_ENDPOINT_URL"]
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    (tmp_path / "config").write_text(f"[profile feed]\nregion = eu-west-2\nendpoint_url = {address}\n")
    (tmp_path / "who").write_text(f"[feed]\naws_access_key_id = key\naws_secret_access_key = {SECRET}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "who"))
    monkeypatch.setenv("AWS_PROFILE", "feed")
    seen: list[str] = []
    s3.front.before = lambda request: seen.append(request["HTTP_AUTHORIZATION"])
    assert shelf_of().create("in/a", b"x")
    assert "Credential=key/" in seen[0] and "/eu-west-2/s3/" in seen[0]
    monkeypatch.setenv("AWS_PROFILE", "none")
    assert told(shelf_of) is ErrorKind.REFUSED


def certificate(folder: Path) -> ssl.SSLContext:
    """Of an authority that nobody knows, for loopback; its certificate lies in the folder."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "authority.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "secret.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(folder / "authority.pem", folder / "secret.pem")
    return trust


def test_a_server_with_an_authority_of_its_own(s3, monkeypatch, tmp_path):
    """Trusted where AWS_CA_BUNDLE names it, and nowhere else; a file that is not there is no object that is not there."""
    nothing = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
    with talking(lambda to: answer(to, nothing), certificate(tmp_path)) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        assert told(lambda: shelf_of().find("in/")) is ErrorKind.LOST
        monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "authority.pem"))
        assert shelf_of().find("in/") == []
        monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "none"))
        assert told(shelf_of) is ErrorKind.LOST


def test_a_key_of_a_service_account_of_google(monkeypatch, tmp_path):
    """A token is asked for with the scope that reads and writes objects, and only when the last has run out."""
    key = rsa.generate_private_key(65537, 2048)
    asked: list[bytes] = []

    def token(to: BaseHTTPRequestHandler) -> None:
        asked.append(to.rfile.read(int(to.headers["Content-Length"])))
        answer(
            to, json.dumps({"access_token": "a-token", "expires_in": 3600}).encode(), **{"Content-Type": "text/json"}
        )

    with talking(token) as address:
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        about = {"type": "service_account", "client_email": "a@b", "private_key": pem.decode(), "token_uri": address}
        (tmp_path / "who.json").write_text(json.dumps(about))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "who.json"))
        who = clouds._google()
        first, second = who(), who()
    assert (first["token"], first, len(asked)) == ("a-token", second, 1)
    assert first["expires_at"] > datetime.datetime.now(datetime.UTC)


def test_nobody_is_known_to_google(monkeypatch, tmp_path):
    """A file that is not there."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none"))
    assert told(lambda: shelf_of("gs")) is ErrorKind.REFUSED


def test_the_connection_strings_of_azure(az, monkeypatch):
    """With a key, and with a signature and no name; what names nobody is a refusal, and so is a wrong key."""
    key = az.environment["AZURE_STORAGE_CONNECTION_STRING"]
    signed = f"BlobEndpoint={az.address}/;AccountName={AZURE_ACCOUNT};SharedAccessSignature={az.signature()}"
    for string in (key, signed):
        monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", string)
        assert shelf_of("az").find("none/") == []
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", "UseDevelopmentStorage=true")
    monkeypatch.setenv("AZURITE_BLOB_STORAGE_URL", az.address.removesuffix(f"/{AZURE_ACCOUNT}"))
    assert shelf_of("az").create("emulated", b"")
    wrong = key.replace(AZURE_KEY, "AAAA")
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", wrong)
    assert told(lambda: shelf_of("az").find("none/")) is ErrorKind.REFUSED
    assert told(lambda: shelf_of("az").create("none/a", b"")) is ErrorKind.REFUSED
    for string in ("nonsense", f"AccountName={AZURE_ACCOUNT}", "AccountKey=AAAA", wrong.replace("AAAA", "n o"), ""):
        monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", string)
        assert told(lambda: shelf_of("az")) is ErrorKind.REFUSED


def test_where_a_connection_string_leads():
    """What it leaves out is Azure's own cloud; a signature may come with an endpoint alone."""
    assert clouds._connection("AccountName=a;AccountKey=k==;EndpointSuffix=core.example") == {
        "account_name": "a", "account_key": "k==", "credential_type": "access_key",
        "endpoint": "https://a.blob.core.example",
    }  # fmt: skip
    assert clouds._connection("BlobEndpoint=https://b.blob.example/;SharedAccessSignature=?sv=1&sig=x%3D") == {
        "account_name": "b", "sas_key": "sv=1&sig=x%3D", "credential_type": "sas_token",
        "endpoint": "https://b.blob.example",
    }  # fmt: skip
