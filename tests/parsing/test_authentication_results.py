"""What Authentication-Results fields say and where they stand (RFC 8601; threats B-15, B-16)."""

import time

import pytest

from models import limits
from models.message import AuthenticationResults, Method
from parser.message import parse, parse_headers_only


def results_of(*lines: str | bytes) -> tuple[AuthenticationResults, ...]:
    octets = [line.encode() if isinstance(line, str) else line for line in lines]
    return parse(b"\r\n".join([*octets, b"From: a@acme.example", b"", b"x"])).authentication_results


def only(value: str) -> AuthenticationResults:
    (result,) = results_of(f"Authentication-Results: {value}")
    return result


def pass_of(method: str, *properties: tuple[str, str], reason: str = "") -> Method:
    return Method(method=method, result="pass", reason=reason, properties=properties)


@pytest.mark.parametrize(
    ("value", "authserv_id", "methods"),
    [
        pytest.param("mx.us.example; none", "mx.us.example", (), id="no result"),
        pytest.param("MX.us.Example 1; none", "mx.us.example", (), id="with its version"),
        pytest.param('"mx.us.example"; none;', "mx.us.example", (), id="in quotes, a semicolon at the end"),
        pytest.param("mx(here) (and here) 1 (x); none (y)", "mx", (), id="comments between"),
        pytest.param(
            "mx; spf=pass smtp.mailfrom=alice@acme.example smtp.helo=mail.acme.example",
            "mx",
            (pass_of("spf", ("smtp.mailfrom", "alice@acme.example"), ("smtp.helo", "mail.acme.example")),),
            id="several properties",
        ),
        pytest.param(
            "mx;\r\n\tdkim=pass (2048-bit key; unprotected) header.d=acme.example header.b=aB/c+1=;\r\n"
            " DMARC = Pass(p=REJECT) Header . From = acme.example",
            "mx",
            (
                pass_of("dkim", ("header.d", "acme.example"), ("header.b", "aB/c+1=")),
                pass_of("dmarc", ("header.from", "acme.example")),
            ),
            id="folded, spaced, in capitals, a semicolon in a comment",
        ),
        pytest.param(
            'mx; dkim/1=pass reason="good (really; good) \\"signature\\"" header.i=@acme.example',
            "mx",
            (pass_of("dkim", ("header.i", "@acme.example"), reason='good (really; good) "signature"'),),
            id="a reason in quotes",
        ),
        pytest.param(
            "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=acme.example;"
            "dmarc=pass action=none header.from=acme.example;compauth=pass reason=100",
            "",
            (
                pass_of("spf", ("smtp.mailfrom", "acme.example")),
                pass_of("dmarc", ("action", "none"), ("header.from", "acme.example")),
                pass_of("compauth", reason="100"),
            ),
            id="Microsoft: no authserv-id, a word that is no property",
        ),
        pytest.param(
            "mx; iprev=pass policy.iprev=2001:db8::1; auth=pass smtp.auth=alice; arc=pass",
            "mx",
            (
                pass_of("iprev", ("policy.iprev", "2001:db8::1")),
                pass_of("auth", ("smtp.auth", "alice")),
                pass_of("arc"),
            ),
            id="iprev, auth and arc",
        ),
        pytest.param(
            "mx; spf=pass smtp.mailfrom=prvs=12ab=alice@acme.example; spf=pass smtp.mailfrom=; spf=pass",
            "mx",
            (
                pass_of("spf", ("smtp.mailfrom", "prvs=12ab=alice@acme.example")),
                pass_of("spf", ("smtp.mailfrom", "")),
                pass_of("spf"),
            ),
            id="a signed reverse path, and an empty one",
        ),
        pytest.param(
            "mx; spf=pass smtp.mailfrom=jürgen@grün.example",
            "mx",
            (pass_of("spf", ("smtp.mailfrom", "jürgen@grün.example")),),
            id="UTF-8",
        ),
    ],
)
def test_what_the_grammar_has_is_read(value: str, authserv_id: str, methods: tuple[Method, ...]) -> None:
    """By the grammar of RFC 8601 2.2, and three common forms beside it."""
    assert AuthenticationResults(authserv_id=authserv_id, received_above=0, methods=methods) == only(value)


@pytest.mark.parametrize(
    ("value", "because"),
    [
        ("", "it names no authserv-id"),
        ("; spf=pass", "it names no authserv-id"),
        ("mx evil.example; spf=pass", "it names no authserv-id"),
        ("mx@evil.example; spf=pass", "it names no authserv-id"),
        ("mx", "it names no method"),
        ("mx;;", "it names no method"),
        ("mx 2; spf=pass", "its version is 2, not 1"),
        ("mx; none; dkim=pass", "no method and result: none"),
        ("mx; spf", "no method and result: spf"),
        ('mx; spf="pass"', 'no method and result: spf="pass"'),
        ("mx; spf=pass smtp.mailfrom", "no property and value: smtp.mailfrom"),
        ('mx; spf=pass smtp.mailfrom=a"b" x.y=z', 'no property and value: smtp.mailfrom=a"b" x.y=z'),
        ("mx; spf=pass (never closed; dkim=pass header.d=acme.example", "a comment in it is never closed"),
        ('mx; spf=pass smtp.mailfrom="; dkim=pass', "a quoted string in it is never closed"),
        ("mx; spf=pass ) ; dkim=pass", "there is a ) where none may be"),
        ("mx; spf=pass \\; dkim=pass", "there is a \\ where none may be"),
        ("mx; spf=pass\x00 x.y=z", "a control character stands in it"),
        ("mx; spf=pass x.y=" + "z" * limits.TRACE_FIELD_BYTES, "it is longer than 8192 octets"),
        ("mx" + "; spf=pass" * 51, "it has more than 50 methods"),
    ],
)
def test_b15_what_is_against_the_grammar_is_kept_as_unreadable(value: str, because: str) -> None:
    """It counts for nothing, and says why."""
    result = only(value)

    assert because == result.unreadable_because
    assert () == result.methods


def test_b15_a_spoilt_field_still_says_whose_it_was() -> None:
    """Else one who spoils our relay's own field could have a forged one below it believed."""
    assert "mx.us.example" == only("mx.us.example; spf=pass (").authserv_id


def test_b15_each_field_is_known_by_how_many_received_fields_stand_above_it() -> None:
    """What a stranger put into the message stands below the trace of the host that took it from him."""
    found = results_of(
        "Authentication-Results: mx.us.example; spf=fail",
        "Received: from relay.us.example by inner.us.example; Mon, 1 Jan 2024 10:00:00 +0000",
        "AUTHENTICATION-RESULTS : mx.us.example; spf=fail",
        "Received: from evil.example by relay.us.example; Mon, 1 Jan 2024 10:00:00 +0000",
        "X-Received: no trace field",
        "Authentication-Results: mx.us.example; dmarc=pass header.from=acme.example",
    )

    assert [(0, "fail"), (1, "fail"), (2, "pass")] == [(one.received_above, one.methods[0].result) for one in found]


def test_b16_a_quoted_reverse_path_forges_no_method() -> None:
    """`MAIL FROM:<"x; dkim=pass header.d=mpoc.example"@evil.example>`, as an honest relay writes it down."""
    result = only('mx; spf=pass smtp.mailfrom="x; dkim=pass header.d=mpoc.example"@evil.example; dkim=none')

    assert [("spf", "pass"), ("dkim", "none")] == [(one.method, one.result) for one in result.methods]
    assert '"x; dkim=pass header.d=mpoc.example"@evil.example' == result.methods[0].property("smtp.mailfrom")


def test_b16_a_property_given_twice_has_no_value() -> None:
    """Which of two would be the relay's own is a guess."""
    (method,) = only("mx; dkim=pass header.d=evil.example header.d=acme.example header.s=k").methods

    assert (None, "k", None) == tuple(method.property(name) for name in ("header.d", "header.s", "header.i"))


def test_b15_no_more_fields_are_read_than_the_limit() -> None:
    """From the top, where our own relay's stands."""
    lines = [f"Authentication-Results: mx{number}; none" for number in range(limits.AUTHENTICATION_RESULTS + 5)]

    found = results_of(*lines)

    assert limits.AUTHENTICATION_RESULTS == len(found)
    assert "mx0" == found[0].authserv_id


def test_safe_mode_reads_them_alike() -> None:
    """A header over the limits hides no result and moves none."""
    header = (
        b"Received: by mx\r\nAuthentication-Results: mx; spf=pass\r\nFrom: a@acme.example\r\nX-A: "
        + b"b" * limits.HEADER_BLOCK_BYTES
    )
    message = parse_headers_only(header + b"\r\n\r\nx")

    assert message.safe_mode
    assert [1] == [one.received_above for one in message.authentication_results]


@pytest.mark.parametrize("splinter", ["(", '"', '\\"', '"\\', "((a)", "a=", "; ", "x.", ". ", "(\\"])
def test_e18_a_hostile_field_costs_its_length(splinter: str) -> None:
    """No order of quotes, comments and escapes is tried again and again."""
    value = ("mx; spf=pass " + splinter * limits.TRACE_FIELD_BYTES)[: limits.TRACE_FIELD_BYTES]
    lines = [f"Authentication-Results: {value}"] * limits.AUTHENTICATION_RESULTS
    before = time.process_time()

    results_of(*lines)

    assert time.process_time() - before < 0.5
