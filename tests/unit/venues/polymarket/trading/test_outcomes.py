"""Every answer of the venue to an order or a cancel, and what it proves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polydesk.domain.ids import VenueOrderId
from polydesk.domain.refusals import REFUSAL_HELP, RefusalCode
from polydesk.domain.venue import OutcomeKind, PlaceOutcome, VenueMode
from polydesk.errors import OutcomeUnknown, RateLimited, VenueUnavailable
from polydesk.venues.polymarket.limits import LONGEST_PAUSE_S
from polydesk.venues.polymarket.trading.cancelling import cancel_failure, cancel_outcome, merged
from polydesk.venues.polymarket.trading.outcomes import (
    place_failure,
    place_outcome,
    place_outcomes,
)
from polydesk.venues.polymarket.trading.replies import Reply
from polydesk.venues.simulation import order_rules
from polydesk.venues.simulation.exchange import refusals

ACCEPTED, REJECTED = OutcomeKind.ACCEPTED, OutcomeKind.REJECTED
UNAVAILABLE, UNKNOWN = OutcomeKind.UNAVAILABLE, OutcomeKind.UNKNOWN
ID = VenueOrderId("0x" + "ab" * 32)
OTHER = VenueOrderId("0x" + "cd" * 32)
THIRD = VenueOrderId("0x" + "ef" * 32)
C = RefusalCode


def placed(digest: str = ID, **changes: Any) -> dict[str, Any]:
    entry = {
        "success": True, "errorMsg": "", "orderID": digest, "status": "live", "makingAmount": "",
        "takingAmount": "", "transactionsHashes": [], "tradeIDs": [],
    }  # fmt: skip
    return entry | changes


def refused(words: str, **changes: Any) -> dict[str, Any]:
    return placed("", success=False, errorMsg=words, status="") | changes


def reply(value: Any, status: int = 200, **headers: str) -> Reply:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Reply(status, {name.replace("_", "-"): text for name, text in headers.items()}, body)


def error(words: str, status: int = 400, **headers: str) -> Reply:
    return reply({"error": words}, status, **headers)


def judge(answer: Reply) -> PlaceOutcome:
    return place_outcome(answer, ID)


# Answers of 200


@pytest.mark.parametrize("status", ["live", "matched", "delayed", "LIVE"])
def test_an_accepted_order_has_success_id_status_and_no_error(status: str) -> None:
    outcome = judge(reply(placed(status=status)))
    assert (outcome.kind, outcome.venue_order_id) == (ACCEPTED, ID)
    assert outcome.status == status.lower()


def test_the_letter_case_of_an_id_is_no_difference() -> None:
    assert judge(reply(placed(ID.upper().replace("X", "x")))).kind is ACCEPTED


@pytest.mark.parametrize(
    "changes",
    [{"status": "unmatched"}, {"status": ""}, {"status": "sleeping"}, {"status": None},
     {"orderID": ""}, {"orderID": None}, {"orderID": 7}, {"success": None}, {"success": "true"},
     {"success": 1}, {"errorMsg": "odd"}, {"errorMsg": "odd", "orderID": ""},
     {"success": False}, {"success": False, "status": "unmatched"},
     {"success": False, "errorMsg": "no", "status": "matched"}],
    ids=str,
)  # fmt: skip
def test_an_answer_with_a_flaw_is_unknown(changes: dict[str, Any]) -> None:
    outcome = judge(reply(placed(**changes)))
    assert (outcome.kind, outcome.venue_order_id) == (UNKNOWN, ID)
    assert outcome.text


def test_another_id_than_ours_is_unknown_and_loud() -> None:
    outcome = judge(reply(placed(OTHER)))
    assert outcome.kind is UNKNOWN
    assert outcome.venue_order_id == ID
    assert OTHER in outcome.text
    assert "THE VENUE NAMES THIS ORDER" in outcome.text


def test_f013_success_without_id_but_with_an_error_is_rejected_with_the_venues_words() -> None:
    outcome = judge(reply(refused("not enough balance / allowance", success=True)))
    assert (outcome.kind, outcome.refusal) == (REJECTED, C.NOT_ENOUGH_BALANCE)
    assert outcome.text == "not enough balance / allowance"


@pytest.mark.parametrize("words", ["no", ""])
def test_f014_success_false_is_rejected(words: str) -> None:
    outcome = judge(reply(refused(words)))
    assert (outcome.kind, outcome.refusal) == (REJECTED, C.OTHER)


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"7", b'"OK"', b"{}", b'{"error":"odd"}', b'{"success":tru', b"\xff",
     b"<html><body>Sign in</body></html>", b"[" * 100_000,
     json.dumps(placed()).encode()[:-1] + b',"success":true}'],
    ids=lambda body: body[:20].decode("latin1"),
)  # fmt: skip
def test_f012_an_unreadable_200_is_unknown(body: bytes) -> None:
    assert judge(reply(body)).kind is UNKNOWN


# Refusals in the venue's words

TABLE: list[tuple[str, RefusalCode]] = [
    ("Invalid order payload", C.INVALID_PAYLOAD),
    ("the order owner has to be the owner of the API KEY", C.OWNER_IS_NOT_THE_KEY),
    ("the order signer address has to be the address of the API KEY", C.SIGNER_IS_NOT_THE_KEY),
    ("maker address not allowed, please use the deposit wallet flow", C.DEPOSIT_WALLET_NEEDED),
    ("invalid signature", C.INVALID_SIGNATURE),
    ("order_version_mismatch", C.CLIENT_TOO_OLD),
    ("'0xabc' address banned", C.ADDRESS_BANNED),
    ("'0xabc' address in closed only mode", C.CLOSED_ONLY),
    (f"order {ID} is invalid. Price (0.123) breaks minimum tick size rule: 0.01", C.PRICE_OFF_TICK),
    (f"order {ID} is invalid. Size (1) lower than the minimum: 5", C.SIZE_BELOW_MINIMUM),
    (f"order {ID} is invalid. Maximum lot size is 2", C.TOO_MANY_DECIMALS),
    ("invalid amount for a marketable BUY order ($0.5), min size: $1", C.MARKETABLE_BUY_TOO_SMALL),
    ("invalid post-only order: order crosses book", C.POST_ONLY_WOULD_CROSS),
    (f"order {ID} crosses the book", C.POST_ONLY_WOULD_CROSS),
    (order_rules.POST_ONLY_TYPE, C.POST_ONLY_WRONG_TYPE),
    ("not enough balance / allowance", C.NOT_ENOUGH_BALANCE),
    ("not enough balance / allowance: the balance is not enough -> balance: 1", C.NOT_ENOUGH_BALANCE),
    ("invalid expiration", C.INVALID_EXPIRATION),
    ("invalid nonce", C.INVALID_NONCE),
    ("order canceled in the CTF exchange contract", C.CANCELED_ON_CHAIN),
    (order_rules.FOK_KILLED, C.FOK_NOT_FILLED),
    (order_rules.FAK_KILLED, C.FAK_NOT_FILLED),
    (order_rules.NOT_READY, C.MARKET_NOT_READY),
    ("Too many orders in payload: 16, max allowed: 15", C.TOO_MANY_ORDERS),
    ("something new", C.OTHER),
]  # fmt: skip


@pytest.mark.parametrize(("words", "code"), TABLE)
def test_a_readable_400_is_rejected_with_its_kind_and_words(words: str, code: RefusalCode) -> None:
    outcome = judge(error(words))
    assert (outcome.kind, outcome.refusal, outcome.text) == (REJECTED, code, words)
    assert REFUSAL_HELP[code].endswith(".")


@pytest.mark.parametrize(("words", "code"), TABLE)
def test_the_same_words_in_a_200_mean_the_same(words: str, code: RefusalCode) -> None:
    assert judge(reply(refused(words))) == judge(error(words))
    assert judge(error(words)).refusal is code


def test_every_code_has_help_and_can_be_recognised() -> None:
    assert set(REFUSAL_HELP) == set(RefusalCode)
    known = {code for _, code in TABLE} | {C.UNAUTHORIZED, C.GEOBLOCKED}
    assert known == set(RefusalCode)


@pytest.mark.parametrize(
    "words",
    [order_rules.NOT_READY, order_rules.CROSSES, order_rules.POST_ONLY_TYPE,
     order_rules.BAD_EXPIRATION, order_rules.FOK_KILLED, order_rules.FAK_KILLED,
     refusals.BAD_PAYLOAD, refusals.NO_FUNDS],
)  # fmt: skip
def test_the_simulated_exchanges_words_are_all_known(words: str) -> None:
    assert judge(error(words)).refusal not in {None, C.OTHER}


def test_f022_an_old_format_is_told_apart() -> None:
    outcome = judge(error("order_version_mismatch"))
    assert outcome.refusal is C.CLIENT_TOO_OLD
    assert "update polydesk" in REFUSAL_HELP[C.CLIENT_TOO_OLD]


@pytest.mark.parametrize(
    ("answer", "mode", "code"),
    [
        (error("Trading restricted in your region, please refer to the docs", 403),
         VenueMode.GEOBLOCKED, C.GEOBLOCKED),
        (error("'0xabc' address in closed only mode"), VenueMode.CLOSED_ONLY, C.CLOSED_ONLY),
    ],
)  # fmt: skip
def test_refusals_of_the_account_tell_its_mode(
    answer: Reply, mode: VenueMode, code: RefusalCode
) -> None:
    outcome = judge(answer)
    assert (outcome.kind, outcome.mode, outcome.refusal) == (REJECTED, mode, code)


@pytest.mark.parametrize("words", ["Unauthorized/Invalid api key", "anything"])
def test_a_readable_401_is_rejected_as_unauthorised(words: str) -> None:
    outcome = judge(error(words, 401))
    assert (outcome.kind, outcome.refusal) == (REJECTED, C.UNAUTHORIZED)


@pytest.mark.parametrize("status", [403, 404])
def test_other_readable_refusals_are_final(status: int) -> None:
    assert judge(error("market not found", status)).kind is REJECTED


def test_f015_duplicated_proves_an_earlier_copy_and_is_neither_fill_nor_refusal() -> None:
    for answer in (f"order {ID} is invalid. Duplicated.", "order is DUPLICATED"):
        for form in (error(answer), reply(refused(answer))):
            outcome = judge(form)
            assert (outcome.kind, outcome.is_duplicate) == (UNKNOWN, True)
            assert outcome.refusal is None


@pytest.mark.parametrize(
    "words",
    ["could not insert order", "could not run the execution", "order timed out",
     "context canceled", "order match delayed due to market conditions"],
)  # fmt: skip
@pytest.mark.parametrize("status", [200, 400, 500])
def test_f016_words_from_the_middle_of_it_are_unknown_whatever_the_status(
    words: str, status: int
) -> None:
    answer = reply(refused(words)) if status == 200 else error(words, status)
    outcome = judge(answer)
    assert (outcome.kind, outcome.is_duplicate) == (UNKNOWN, False)
    assert words in outcome.text


@pytest.mark.parametrize(
    "body", [b"", b"no", b"<html>blocked</html>", b"{}", b'{"error":""}', b'{"error":7}', b"[]"]
)
@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_an_unreadable_refusal_is_unknown(status: int, body: bytes) -> None:
    assert judge(reply(body, status)).kind is UNKNOWN


def test_a_web_page_is_unknown_even_if_it_were_readable() -> None:
    answer = reply({"error": "no"}, 403, content_type="text/html; charset=utf-8")
    assert judge(answer).kind is UNKNOWN


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307, 402, 405, 408, 409, 413, 422, 499,
                                    500, 501, 502, 503, 504, 520, 524, 599])  # fmt: skip
def test_every_other_status_is_unknown(status: int) -> None:
    assert judge(error("whatever it says", status)).kind is UNKNOWN
    assert judge(reply(placed(), status)).kind is UNKNOWN
    assert judge(reply(b"", status)).kind is UNKNOWN


# Not now


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"error":"the matching engine is restarting"}'])
def test_f018_a_restart_is_unavailable(body: bytes) -> None:
    outcome = judge(reply(body, 425, retry_after="30"))
    assert (outcome.kind, outcome.mode) == (UNAVAILABLE, VenueMode.RESTARTING)
    assert outcome.retry_after_s == 30.0


MODES = [
    ({"error": "Trading is currently disabled. Check polymarket.com for updates"},
     VenueMode.DISABLED),
    ({"error": "Trading is currently cancel-only. New orders are not accepted, but cancels are "
      "allowed."}, VenueMode.CANCEL_ONLY),
    ({"error": "post-only mode: only post-only orders and cancels are allowed",
      "code": "post_only_mode", "retry_after_seconds": 77}, VenueMode.POST_ONLY),
    ({"error": "wait", "code": "post_only_mode"}, VenueMode.POST_ONLY),
]  # fmt: skip


@pytest.mark.parametrize(("body", "mode"), MODES)
def test_f019_f021_a_named_mode_is_unavailable(body: dict[str, Any], mode: VenueMode) -> None:
    outcome = judge(reply(body, 503))
    assert (outcome.kind, outcome.mode) == (UNAVAILABLE, mode)
    assert outcome.refusal is None
    assert outcome.retry_after_s == (77.0 if "retry_after_seconds" in body else None)


@pytest.mark.parametrize(("body", "mode"), MODES[:3])
def test_a_named_mode_in_one_result_is_unavailable_too(
    body: dict[str, Any], mode: VenueMode
) -> None:
    outcome = judge(reply(refused(body["error"])))
    assert (outcome.kind, outcome.mode) == (UNAVAILABLE, mode)


@pytest.mark.parametrize("body", [b"", b"<html>503</html>", b'{"error":"try later"}'])
def test_a_503_without_a_mode_is_unknown(body: bytes) -> None:
    assert judge(reply(body, 503, retry_after="5")).kind is UNKNOWN


@pytest.mark.parametrize(
    ("headers", "body", "wait_s"),
    [
        ({"retry_after": "7"}, b"", 7.0),
        ({}, b'{"error":"Too Many Requests","retry_after_seconds":3}', 3.0),
        ({}, b'{"error":"Too Many Requests","retry_after_seconds":"2.5"}', 3.0),
        ({}, b'{"retry_after_seconds":2.0}', 2.0),
        ({"retry_after": "999999"}, b"", LONGEST_PAUSE_S),
        ({"retry_after": "9" * 400}, b"", None),
        ({"retry_after": "soon"}, b'{"retry_after_seconds":"x"}', None),
        ({"retry_after": "-1"}, b'{"retry_after_seconds":-4}', None),
        ({}, b"<html>1015</html>", None),
    ],
)
def test_f017_a_429_is_unavailable_with_its_wait(
    headers: dict[str, str], body: bytes, wait_s: float | None
) -> None:
    outcome = judge(reply(body, 429, **headers))
    assert (outcome.kind, outcome.retry_after_s) == (UNAVAILABLE, wait_s)


# No answer


def test_f009_f010_a_lost_answer_is_unknown_and_an_unsent_order_unavailable() -> None:
    lost = place_failure(OutcomeUnknown("sent, no answer"), ID)
    unsent = place_failure(VenueUnavailable("cannot be reached"), ID)
    waiting = place_failure(RateLimited("wait", 4.0), ID)
    assert (lost.kind, lost.venue_order_id, lost.text) == (UNKNOWN, ID, "sent, no answer")
    assert (unsent.kind, unsent.retry_after_s) == (UNAVAILABLE, None)
    assert (waiting.kind, waiting.retry_after_s) == (UNAVAILABLE, 4.0)


# Batches


def kinds(answer: Reply, digests: Sequence[VenueOrderId] = (ID, OTHER, THIRD)) -> list[OutcomeKind]:
    outcomes = place_outcomes(answer, digests)
    assert [outcome.venue_order_id for outcome in outcomes] == list(digests)
    return [outcome.kind for outcome in outcomes]


def test_f024_each_order_of_a_batch_is_judged_by_itself() -> None:
    entries = [placed(), refused("not enough balance / allowance"), placed(THIRD, status="odd")]
    assert kinds(reply(entries)) == [ACCEPTED, REJECTED, UNKNOWN]


def test_an_unknown_leg_stays_unknown_beside_accepted_ones() -> None:
    entries = [placed(), refused("could not run the execution"), placed(THIRD)]
    assert kinds(reply(entries)) == [ACCEPTED, UNKNOWN, ACCEPTED]


def test_results_out_of_order_are_matched_by_id_and_the_rest_is_unknown() -> None:
    entries = [placed(OTHER), refused("no"), placed()]
    assert kinds(reply(entries)) == [ACCEPTED, ACCEPTED, UNKNOWN]


@pytest.mark.parametrize(
    "entries", [[placed(OTHER)], [placed(OTHER), placed(OTHER, status="matched")], [refused("no")],
                [], [placed(), placed(OTHER), placed(THIRD), placed()]]
)  # fmt: skip
def test_a_wrong_number_of_results_proves_only_what_is_named_once(entries: list[Any]) -> None:
    names = [entry["orderID"] for entry in entries]
    expected = [ACCEPTED if names.count(one) == 1 else UNKNOWN for one in (ID, OTHER, THIRD)]
    assert kinds(reply(entries)) == expected


def test_a_foreign_id_in_its_place_is_loud_and_its_neighbours_keep_their_answers() -> None:
    entries = [placed(), placed("0x99"), refused("no")]
    outcomes = place_outcomes(reply(entries), [ID, OTHER, THIRD])
    assert [one.kind for one in outcomes] == [ACCEPTED, UNKNOWN, REJECTED]
    assert "0x99" in outcomes[1].text


@pytest.mark.parametrize("entry", [None, 7, "x", [], {}, {"success": True}])
def test_a_result_that_is_no_object_is_unknown(entry: Any) -> None:
    assert kinds(reply([placed(), entry, placed(THIRD)])) == [ACCEPTED, UNKNOWN, ACCEPTED]


@pytest.mark.parametrize(
    "answer",
    [reply(b""), reply(b"<html>"), reply(placed()), reply({"error": "x"}), error("oops", 500),
     error("oops", 503), error("not enough balance / allowance"), error("something new"),
     error("could not insert order"), reply([placed()], 502)],
)  # fmt: skip
def test_an_unclear_answer_to_a_batch_makes_all_unknown(answer: Reply) -> None:
    assert kinds(answer) == [UNKNOWN] * 3


@pytest.mark.parametrize(
    "answer",
    [error("Too many orders in payload: 16, max allowed: 15"), error("Invalid order payload"),
     error("Unauthorized/Invalid api key", 401), error("order_version_mismatch"),
     error("Trading restricted in your region", 403),
     error("the order owner has to be the owner of the API KEY")],
)  # fmt: skip
def test_a_refusal_of_the_whole_request_refuses_all(answer: Reply) -> None:
    assert kinds(answer) == [REJECTED] * 3


@pytest.mark.parametrize("status", [425, 429])
def test_a_batch_that_comes_at_a_bad_time_is_unavailable(status: int) -> None:
    assert kinds(error("later", status)) == [UNAVAILABLE] * 3


def test_a_sentence_about_one_order_of_a_batch_proves_nothing_of_the_others() -> None:
    off_tick = error(f"order {OTHER} is invalid. Price (0.1) breaks minimum tick size rule: 0.2")
    assert kinds(off_tick) == [UNKNOWN, REJECTED, UNKNOWN]
    twice = place_outcomes(error(f"order {OTHER} is invalid. Duplicated."), [ID, OTHER, THIRD])
    assert [(one.kind, one.is_duplicate) for one in twice] == [
        (UNKNOWN, False),
        (UNKNOWN, True),
        (UNKNOWN, False),
    ]


def test_a_batch_of_one_is_judged_as_one() -> None:
    assert kinds(reply([placed()]), [ID]) == [ACCEPTED]
    assert kinds(reply(placed()), [ID]) == [ACCEPTED]
    assert kinds(error("not enough balance / allowance"), [ID]) == [REJECTED]


# Cancels


def test_a_cancel_has_two_lists_and_neither_is_an_end() -> None:
    body = {"canceled": [ID.upper().replace("X", "x")],
            "not_canceled": {OTHER: "order\x1b already matched", THIRD: "Order not found"}}  # fmt: skip
    outcome = cancel_outcome(reply(body))
    assert (outcome.kind, outcome.canceled) == (ACCEPTED, (ID,))
    assert outcome.not_canceled == ((OTHER, "order already matched"), (THIRD, "Order not found"))


@pytest.mark.parametrize(
    "body", [{"canceled": []}, {"not_canceled": {}}, {"canceled": None, "not_canceled": None}]
)
def test_empty_lists_are_an_answer(body: dict[str, Any]) -> None:
    outcome = cancel_outcome(reply(body))
    assert (outcome.kind, outcome.canceled, outcome.not_canceled) == (ACCEPTED, (), ())


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"null", b"<html>", b'{"canceled":7}', b'{"canceled":[7]}',
             b'{"canceled":["a b"]}', b'{"not_canceled":["x"]}', b'{"canceled":["0x1"'],
)  # fmt: skip
def test_f025_an_unreadable_answer_to_a_cancel_is_unknown(body: bytes) -> None:
    outcome = cancel_outcome(reply(body))
    assert (outcome.kind, outcome.canceled) == (UNKNOWN, ())


@pytest.mark.parametrize(
    ("answer", "kind", "mode"),
    [
        (error("Invalid orderID"), REJECTED, None),
        (error("Unauthorized/Invalid api key", 401), REJECTED, None),
        (error("order not found", 404), REJECTED, None),
        (error("context canceled"), UNKNOWN, None),
        (error("no", 500), UNKNOWN, None),
        (error("no", 503), UNKNOWN, None),
        (reply(b"<html>", 403), UNKNOWN, None),
        (error("restarting", 425), UNAVAILABLE, VenueMode.RESTARTING),
        (error("Trading is currently disabled.", 503), UNAVAILABLE, VenueMode.DISABLED),
        (error("Too Many Requests", 429), UNAVAILABLE, None),
    ],
)
def test_failures_of_a_cancel(answer: Reply, kind: OutcomeKind, mode: VenueMode | None) -> None:
    outcome = cancel_outcome(answer)
    assert (outcome.kind, outcome.mode) == (kind, mode)
    assert outcome.text


def test_a_cancel_without_an_answer() -> None:
    assert cancel_failure(OutcomeUnknown("lost")).kind is UNKNOWN
    assert cancel_failure(VenueUnavailable("not sent")).kind is UNAVAILABLE
    assert cancel_failure(RateLimited("wait", 2.0)).retry_after_s == 2.0


def test_several_answers_to_one_wish_keep_all_lists_and_the_least_knowledge() -> None:
    one = cancel_outcome(reply({"canceled": [ID]}))
    two = cancel_outcome(reply({"not_canceled": {OTHER: "matched"}}))
    lost = cancel_failure(OutcomeUnknown("lost"))
    joined = merged([one, lost, two])
    assert (joined.kind, joined.text) == (UNKNOWN, "lost")
    assert (joined.canceled, joined.not_canceled) == ((ID,), ((OTHER, "matched"),))
    assert merged([one]) is one


# Whatever arrives

BODIES = st.binary(max_size=60) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(ID),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["success", "errorMsg", "orderID", "status", "error", "canceled"]),
            inner,
        )
    ),
    max_leaves=8,
).map(lambda value: json.dumps(value).encode())


@settings(max_examples=400, deadline=None)
@given(st.integers(100, 599), BODIES)
def test_no_answer_is_accepted_but_the_documented_one(status: int, body: bytes) -> None:
    outcome = judge(reply(body, status))
    if outcome.kind is ACCEPTED:
        value = json.loads(body)
        assert status == 200
        assert value["success"] is True
        assert value["orderID"].lower() == ID
    assert cancel_outcome(reply(body, status)).text.isprintable()
    assert outcome.text.isprintable()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([placed(), placed(OTHER), placed("0x9"), refused("no"), None])))
def test_a_batch_never_accepts_what_was_not_named(entries: list[Any]) -> None:
    named = [entry["orderID"] for entry in entries if entry is not None]
    for outcome in place_outcomes(reply(entries), [ID, OTHER]):
        if outcome.kind is ACCEPTED:
            assert outcome.venue_order_id in named
