"""By whom a message was handed on: Received fields in the dialects there are (RFC 5321 4.4)."""

import time
from datetime import UTC, datetime
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import limits
from models.message import Hop, Message
from parser import trace
from parser.message import parse

NINE: Final = datetime(2024, 1, 1, 9, 0, tzinfo=UTC)


def message_of(*lines: str) -> Message:
    return parse("\r\n".join([*lines, "From: a@acme.example", "", "x"]).encode())


def hop_of(value: str) -> Hop:
    (hop,) = message_of(f"Received: {value}").hops
    return hop


@pytest.mark.parametrize(
    ("value", "hop"),
    [
        pytest.param(
            "from mail.acme.example (out.acme.example [192.0.2.1])\r\n"
            "\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))\r\n"
            "\t(No client certificate requested)\r\n"
            "\tby mx.us.example (Postfix) with ESMTPS id 4ABC\r\n"
            "\tfor <support@us.example>; Mon,  1 Jan 2024 10:00:00 +0100 (CET)",
            Hop(
                helo="mail.acme.example",
                peer_name="out.acme.example",
                peer="192.0.2.1",
                by="mx.us.example",
                protocol="ESMTPS",
                identifier="4ABC",
                recipient="support@us.example",
                received_at=NINE,
            ),
            id="Postfix",
        ),
        pytest.param(
            "from localhost (unknown [IPv6:2001:DB8:0::1]) by mx.us.example (Postfix) with ESMTP id 1; "
            "Mon, 01 Jan 2024 09:00:00 GMT",
            Hop(
                helo="localhost",
                peer="2001:db8::1",
                by="mx.us.example",
                protocol="ESMTP",
                identifier="1",
                received_at=NINE,
            ),
            id="Postfix, no name in DNS, IPv6, an old zone",
        ),
        pytest.param(
            "from [192.0.2.1] (helo=mail.acme.example)\tby mx.us.example with esmtps (TLS1.3) (Exim 4.96)\t"
            "(envelope-from <a@acme.example>)\tid 1abc-xyz\tfor support@us.example;\tMon, 01 Jan 2024 09:00:00 +0000",
            Hop(
                helo="mail.acme.example",
                peer="192.0.2.1",
                by="mx.us.example",
                protocol="esmtps",
                identifier="1abc-xyz",
                recipient="support@us.example",
                received_at=NINE,
            ),
            id="Exim, no name in DNS",
        ),
        pytest.param(
            "from out.acme.example ([192.0.2.1]:40122 helo=[10.0.0.1]) by mx.us.example with esmtp id 1abc-xyz",
            Hop(
                helo="[10.0.0.1]",
                peer_name="out.acme.example",
                peer="192.0.2.1",
                by="mx.us.example",
                protocol="esmtp",
                identifier="1abc-xyz",
            ),
            id="Exim, a client that calls itself an address",
        ),
        pytest.param(
            "from unknown (HELO mail.acme.example) (192.0.2.1)\r\n  by mx.us.example with SMTP; "
            "1 Jan 2024 09:00:00 -0000",
            Hop(helo="mail.acme.example", peer="192.0.2.1", by="mx.us.example", protocol="SMTP", received_at=NINE),
            id="qmail",
        ),
        pytest.param(
            "(qmail 12345 invoked by uid 0); 1 Jan 2024 09:00:00 -0000", Hop(received_at=NINE), id="qmail, on the host"
        ),
        pytest.param(
            "from laptop (alice@out.acme.example [192.0.2.1] (may be forged)) by mx.us.example (8.17/8.17) "
            "with ESMTP id abc for <support@us.example>; Mon, 1 Jan 2024 01:00:00 -0800 (PST)",
            Hop(
                helo="laptop",
                peer_name="out.acme.example",
                peer="192.0.2.1",
                by="mx.us.example",
                protocol="ESMTP",
                identifier="abc",
                recipient="support@us.example",
                received_at=NINE,
            ),
            id="sendmail, with ident",
        ),
        pytest.param(
            "from A.PROD.EXAMPLE (2001:db8:10a6::1) by B.PROD.EXAMPLE (2001:db8:10a6::2) with Microsoft SMTP Server "
            "(version=TLS1_2, cipher=TLS_X) id 15.20.1.2 via Frontend Transport; Mon, 1 Jan 2024 09:00:00 +0000",
            Hop(
                helo="A.PROD.EXAMPLE",
                peer="2001:db8:10a6::1",
                by="B.PROD.EXAMPLE",
                protocol="Microsoft SMTP Server",
                identifier="15.20.1.2",
                received_at=NINE,
            ),
            id="Exchange",
        ),
        pytest.param(
            "by 2001:db8:6402:1234:b0:1:2 with SMTP id x1csp2;        Mon, 1 Jan 2024 01:00:00 -0800 (PST)",
            Hop(by="2001:db8:6402:1234:b0:1:2", protocol="SMTP", identifier="x1csp2", received_at=NINE),
            id="within a big provider, without from",
        ),
        pytest.param("from a.example by b.example; sometime", Hop(helo="a.example", by="b.example"), id="no date"),
        pytest.param("from by with id for", Hop(helo="by", protocol="id"), id="only keywords"),
        pytest.param("from a.example (((( by b.example", Hop(), id="a comment that never ends"),
        pytest.param("", Hop(), id="empty"),
    ],
)
def test_every_dialect_is_read(value: str, hop: Hop) -> None:
    """Name and address of the client, the host, protocol, id, recipient and date; what is missing is empty."""
    assert hop == hop_of(value)


def test_b15_what_a_client_says_of_itself_is_not_its_address() -> None:
    """A HELO may look like the comment a server writes; where two addresses stand there, neither is believed."""
    assert "" == hop_of("from a (b [10.0.0.1]) (out.acme.example [192.0.2.1]) by mx").peer
    assert "192.0.2.1" == hop_of("from unknown (HELO [10.0.0.1]) (192.0.2.1) by mx").peer
    assert "" == hop_of("from a (helo=[10.0.0.1]) by mx").peer


@pytest.mark.parametrize(
    "helo",
    [
        "a by relay.us.example",
        "a ([10.0.0.1]) by relay.us.example with ESMTP id 1; Mon, 1 Jan 2024 10:00:00 +0000",
        "a ([10.0.0.1]) by relay.us.example (",
        "a from b ([10.0.0.1]) by relay.us.example with",
        "a; ",
    ],
)
def test_b15_a_client_that_writes_a_trace_into_its_helo_is_nobody(helo: str) -> None:
    """A server that writes HELO down as it came must not let its client say who it was."""
    hop = hop_of(
        f"from {helo} (out.evil.example [203.0.113.9]) by relay.us.example (Postfix) with ESMTP id 4; "
        "Mon, 1 Jan 2024 10:00:00 +0000"
    )

    assert hop.peer in {"", "203.0.113.9"}


def test_hops_keep_the_order_of_the_header() -> None:
    """The last host that handled the message comes first."""
    hops = message_of("Received: by c", "X-Spam: no", "received: by b", "RECEIVED : by a").hops

    assert ["c", "b", "a"] == [hop.by for hop in hops]


def test_a22_more_hops_than_the_limit_are_counted_not_read() -> None:
    """A message in a loop has hundreds of them."""
    message = message_of(*["Received: by a"] * 300)

    assert limits.RECEIVED_FIELDS == len(message.hops)
    assert 300 == message.received_fields


def test_where_it_was_delivered_before_is_known() -> None:
    """A mail that was delivered to us before has come round; each address once, as addresses are compared."""
    message = message_of(
        "Delivered-To: Support@US.example",
        "X-Original-To: <sales@us.example>",
        "Delivered-To: support@us.example",
        "Envelope-To: not an address",
    )

    assert ("support@us.example", "sales@us.example") == message.delivered_to


def test_what_is_answered_is_kept_apart_from_what_is_referred_to() -> None:
    """In-Reply-To and References are two statements, and may disagree."""
    message = message_of("References: <1@a.example> <2@a.example>", "In-Reply-To: <3@a.example>")

    assert ("1@a.example", "2@a.example", "3@a.example") == message.references
    assert ("3@a.example",) == message.in_reply_to


@pytest.mark.parametrize("splinter", ["(", "from (", "by ", '"\\', "[1", "helo=", "(HELO ", "; ", "[IPv6:", "a@"])
def test_e18_a_hostile_trace_costs_its_length(splinter: str) -> None:
    """Fifty fields at their limit, whatever is in them."""
    value = ("from x " + splinter * limits.TRACE_FIELD_BYTES)[: limits.TRACE_FIELD_BYTES]
    before = time.process_time()

    message_of(*[f"Received: {value}"] * (limits.HEADER_BLOCK_BYTES // (limits.TRACE_FIELD_BYTES + 20)))

    assert time.process_time() - before < 0.5


WORDS: Final = st.sampled_from(
    (
        *(
            "from",
            "by",
            "with",
            "id",
            "for",
            "via",
            "a.example",
            "[192.0.2.1]",
            "(b [192.0.2.2])",
            "(HELO c)",
            "((d) e)",
        ),
        *("; Mon, 1 Jan 2024 10:00:00 +0100 (CET)", "Microsoft SMTP Server", "<a@us.example>", '"', "(", "\\", "f;"),
    )
)


@given(
    st.lists(WORDS, max_size=14).map(" ".join)
    | st.permutations(["from a (b [::1])", "by c (d)", "with e f", "id g"]).map(" ".join)
)
def test_the_quick_way_reads_as_the_long_one(value: str) -> None:
    """What is read in one go is a matter of speed alone."""
    at_once = trace._at_once(value)

    assert at_once is None or trace._step_by_step(value) == at_once
