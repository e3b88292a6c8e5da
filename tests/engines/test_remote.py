"""What all engines on servers share: addresses, credentials, windows, and secrets that stay here."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.engines import open_engine
from bot.engines.remote.address import parse, redact
from bot.engines.remote.credentials import Access, credentials, from_environment
from bot.engines.remote.measure import ByteTokenizer
from bot.engines.remote.window import Window
from bot.errors import EngineError, UsageError

pytest.importorskip("detect_secrets", reason="the triton and openai extras are not installed")

from bot.engines.remote.secrets import hide, unhide

TOKEN = "tok-3f9A" + "x" * 20
BODY = "MIIEvQIBADANBgkqhkiG9w0"


def test_an_address_is_taken_apart() -> None:
    found = parse("triton+grpcs://bob:p%40ss@a.example,[::1]:9001/ensemble?window=100&timeout=2.5")
    assert (found.hosts, found.path, found.tls) == (("a.example:8001", "[::1]:9001"), "ensemble", True)
    assert (found.number("window", 1), found.seconds("timeout", 1)) == (100, 2.5)
    assert found.user == "bob:p@ss"
    assert found.url == "triton+grpcs://a.example:8001,[::1]:9001/ensemble?window=100&timeout=2.5"
    assert "bob" not in repr(found)


@pytest.mark.parametrize(
    "url",
    [
        "triton+grpc://bob:hunter2@host",
        "triton+grpc://bob:hunter2@host/m?window=0",
        "triton+grpc://bob:hunter2@host/m?colour=red",
        "triton+grpc://bob:hunter2@ho st/m",
        "triton+grpc://bob:hunter2/x@host/m",
        "triton+grpc://bob:hunter2@host:99999/m",
        "tritan://bob:hunter2@host/m",
        "openai+http://bob:hunter2@host/v1?timeout=soon",
    ],
)
def test_a_wrong_address_is_a_usage_error_that_shows_no_password(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_engine(url)
    assert "hunter2" not in str(caught.value) + caught.value.hint


def test_what_is_redacted_has_neither_user_nor_options() -> None:
    assert redact("triton+grpc://u:p@h/m?x=1") == "triton+grpc://h/m"


def test_credentials_come_from_the_environment_and_print_as_nothing(tmp_path: Path) -> None:
    headers = tmp_path / "headers"
    headers.write_text("# of the gateway\nX-Team: blue\n\n", "utf-8")
    access = from_environment({"CODEBOT_ENGINE_TOKEN": TOKEN, "CODEBOT_ENGINE_HEADERS": str(headers)})
    secret = credentials(parse("triton+http://127.0.0.1/m"), access)
    assert secret.headers == {"authorization": f"Bearer {TOKEN}", "x-team": "blue"}
    assert TOKEN not in repr(secret) + repr(access)
    assert TOKEN not in secret.scrub(f"who is Bearer {TOKEN}? {TOKEN}")


def test_credentials_do_not_travel_unencrypted() -> None:
    with pytest.raises(UsageError, match="unencrypted"):
        credentials(parse("triton+grpc://far.example/m"), Access(token=TOKEN))
    assert credentials(parse("triton+grpcs://far.example/m"), Access(token=TOKEN)).headers
    assert credentials(parse("triton+grpc://far.example/m?plaintext=yes"), Access(token=TOKEN)).headers


@pytest.mark.parametrize("text", ["no header", "Name\n", "Bad Name: x", "X: \u00e9"])
def test_a_broken_header_file_is_told_with_its_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "h").write_text("A: b\n" + text, "utf-8")
    with pytest.raises(UsageError, match="line 2"):
        credentials(parse("triton+http://localhost/m"), Access(headers=tmp_path / "h"))


def test_a_missing_certificate_is_told() -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        credentials(parse("triton+grpcs://h/m"), Access(ca=Path("nowhere.pem")))
    with pytest.raises(UsageError, match="needs its key"):
        credentials(parse("triton+grpcs://h/m"), Access(certificate=Path("client.pem")))


@pytest.mark.parametrize("url", ["triton+grpc://127.0.0.1:1/m", "triton+http://127.0.0.1:1/m"])
def test_a_server_that_is_not_there_is_an_engine_error(url: str) -> None:
    engine = open_engine(f"{url}?patience=1")
    with pytest.raises(EngineError, match=r"127\.0\.0\.1:1"):
        _ = engine.info
    engine.close()


def test_a_window_grows_by_one_a_round_trip_and_shrinks_at_once() -> None:
    window = Window(4, 100)
    for _ in range(4):
        window.answered(window.limit)
    assert window.limit in {4, 5}
    for _ in range(40):
        window.answered(window.limit)
    grown = window.limit
    assert grown > 8
    window.refused(now=10.0, round_trip=1.0)
    window.refused(now=10.5, round_trip=1.0)  # news of the same full queue
    assert window.limit == pytest.approx(grown / 2, abs=1)


def test_a_window_follows_the_queue() -> None:
    window = Window(20, 100)
    window.queued(waited=3.0, served=1.0)
    assert window.limit == 16
    window.queued(waited=0.7, served=1.0)
    before = window.limit
    for _ in range(50):
        window.answered(window.limit)
    assert window.limit == before, "it waits for the queue to empty"
    window.queued(waited=0.1, served=1.0)
    for _ in range(50):
        window.answered(window.limit)
    assert window.limit > before


def test_a_window_that_is_not_full_does_not_grow() -> None:
    window = Window(4, 100)
    for _ in range(100):
        window.answered(1)
    assert window.limit == 4


def test_bytes_bound_the_tokens_and_characters_stay_whole() -> None:
    bound = ByteTokenizer()
    text = "caf\u00e9 \U0001f600"
    assert bound.count(text) == 10
    assert (bound.head(text, 4), bound.tail(text, 5)) == ("caf", " \U0001f600")
    assert bound.head(text, 0) == bound.tail(text, 0) == ""


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ('key = "AKIAIOSFODNN7EXAMPLA"', "AKIAIOSFODNN7EXAMPLA"),
        ('password = "vX9!kq2LmZ7w"', "vX9!kq2LmZ7w"),
        ('api_key: str = "sk-live-000111222333"', "sk-live-000111222333"),
        ('config["secret"] = "Zq81mmPw0"', "Zq81mmPw0"),
        ('u = "https://bob:s3cr3tpw@host/x"', "s3cr3tpw"),
        ('t = "ghp_aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789"', "ghp_aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789"),
        ('t = "xoxb-123456789012-1234567890123-abcdefghijklmnopqrstuvwx"', "xoxb-123456789012"),
        ('salt = "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"', "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"),
        (f"-----BEGIN PRIVATE KEY-----\n{BODY}A\nBAQEFAASC\n-----END PRIVATE KEY-----", "BAQEFAASC"),
        (f"-----BEGIN PRIVATE KEY-----\n{BODY}B\n{BODY}C\n", f"{BODY}C"),
    ],
)
def test_a_secret_value_is_hidden_and_comes_back(code: str, value: str) -> None:
    hidden, values = hide(code)
    assert value not in hidden
    assert unhide(hidden, values) == code


@pytest.mark.parametrize(
    "code",
    [
        "token: str = get_token(x)",
        'def password(self) -> str:\n    """Return the password."""\n    return self._password',
        'PASSWORD = "password"',
        'parser.add_argument("--token", help="the token to use")',
        'if text.startswith("-----BEGIN RSA PRIVATE KEY-----"):\n    return load(text)',
        'password = f"{user}-{host}"',
        '"""Return the secret: it is kept in the environment."""',
    ],
)
def test_code_that_only_speaks_of_secrets_stays(code: str) -> None:
    assert hide(code)[0] == code


def test_a_value_has_one_placeholder_and_a_users_own_placeholder_stays() -> None:
    code = 'masked_secret_1 = 1\npassword = "vX9!kq2LmZ7w"\nsecret = "vX9!kq2LmZ7w"\n'
    hidden, values = hide(code)
    assert len(values) == 1
    assert hidden.startswith("masked_secret_1 = 1\n")
    assert unhide(hidden, values) == code
