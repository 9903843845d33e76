"""From records to what is sent again, and to which function; or why a record cannot be replayed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import orjson

from fnfuzz.app.model import App, Function
from fnfuzz.contracts import contracts_for
from fnfuzz.contracts.model import Contract, Delivery, HttpRequest, LineRequest, Observed, Request
from fnfuzz.contracts.reading import read_request
from fnfuzz.corpus import Corpus, Record
from fnfuzz.events import EVENT_TYPES, Event
from fnfuzz.frozen import quick_dataclass
from fnfuzz.fuzz.sequences.answer import own_words
from fnfuzz.host import Host
from fnfuzz.replay.said import Said, said_by_handler, said_to_caller

__all__ = ["Case", "Cases", "delivery_for"]

HOOKS: Final = ("/initialize", "/pre-stop", "/pre-freeze")
NOT_OF_THE_HANDLER: Final = "the host reset the connection"
TORN: Final = ("the body of the request", "the request ended", "not a request")
"""How the faults of records begin whose request is not there as it was (record.md)."""


METADATA: Final = b',"Metadata":{'
"""How the part begins that the Functions host adds to an event's payload (azure-functions.md 3)."""

PASSED_THROUGH: Final = frozenset(("azure-forward", "fc-web"))
"""Contracts whose requests are the events themselves."""


@quick_dataclass(frozen=True, kw_only=True)
class Case:
    """One record, ready to be sent. ``event`` is None where its raw request is sent, for ``function``'s limits only."""

    id: str
    record: Record
    function: Function
    event: Event | None

    @property
    def same_contract(self) -> bool:
        """Is it replayed on the contract on which it was recorded, so that the handler's own answers compare?"""
        return self.record.contract in ("", self.function.contract)

    @property
    def answered(self) -> bool:
        """Is there a recorded answer, or a recorded failure of the handler, to compare with?"""
        record = self.record
        if record.fault is not None and record.fault.message.startswith(NOT_OF_THE_HANDLER):
            return False
        return record.reply is not None or record.fault is not None or record.exit is not None


class Cases:
    """The cases of one app.

    ``host`` sends each case before the next one is asked for: what is encoded to look at a case is prepared there.
    """

    def __init__(self, app: App, host: Host | None = None) -> None:
        self.app = app
        self.host = host
        self.contracts = contracts_for(app)
        self._functions: dict[tuple[str, str], Function | str] = {}

    def of(self, corpus: Corpus, filters: dict[str, Any]) -> Iterator[Case | str]:
        """A case for every record that passes, or the reason why there is none."""
        for name, record in corpus.items(**filters):
            yield self.case(name, record)

    def case(self, id: str, record: Record) -> Case | str:
        """The case of one record, or why it cannot be replayed."""
        if record.fault is not None and record.fault.message.startswith(TORN):
            return "its request was not recorded as a whole"
        event, name = record.event, record.function
        if event is None and record.request is not None:
            read = read_request(self.app, record.request)
            if read is not None:
                event, name = read.event, read.function
        if event is None:
            return self._raw(id, record)
        found = self._function(name, event.trigger)
        if isinstance(found, str):
            return found
        if record.contract and record.contract not in self.contracts:
            return f"it was recorded on {record.contract[:40]}, which is unknown; please update fnfuzz"
        case = Case(id=id, record=record, function=found, event=event)
        return case if not case.same_contract or self._says_all(case) else self._raw(id, record)

    def _says_all(self, case: Case) -> bool:
        """Would the event be sent with the payload that was recorded? What no host sends is read leniently, and the
        event made of it may say something else.
        """
        request, event = case.record.request, case.event
        if request is None or event is None or case.function.contract in PASSED_THROUGH:
            return True
        try:
            sent = self._encoded(case, event)
        except ValueError:
            return False
        one, other = _data(sent), _data(request)
        # The host writes Metadata last. Within a text the quotes of a name are escaped, so what looks like its
        # beginning for the last time is it, or stands within it.
        end = one.rfind(METADATA) if case.function.contract == "azure-http" else 0
        return (end > 0 and one[:end] == other[:end]) or one == other or _payload(one) == _payload(other)

    def _encoded(self, case: Case, event: Event) -> Request:
        if self.host is not None:
            return self.host.prepare(case.function, event, delivery_for(self.host, case))
        contract = next(item for name, item in self.contracts.items() if name == case.function.contract)
        return contract.encode(case.function, event, case.record.delivery or Delivery())

    def recorded(self, case: Case) -> Said:
        """What was said when it was recorded, in the form in which it is compared."""
        record = case.record
        delivery = record.delivery or Delivery()
        if case.same_contract:
            words = own_words(delivery, record.request)
            return said_by_handler(case.function.contract, record.reply, record.fault, record.exit, words)
        contract, function = self._recording(case)
        observed = Observed(reply=record.reply, fault=record.fault, exit=record.exit)
        assert case.event is not None
        verdict = contract.decode(function, case.event, delivery, observed)
        return said_to_caller(verdict.outcome, delivery, record.request)

    def _recording(self, case: Case) -> tuple[Contract, Function]:
        contract = next(item for name, item in self.contracts.items() if name == case.record.contract)
        return contract, replace(case.function, contract=contract.id)

    def _raw(self, id: str, record: Record) -> Case | str:
        request = record.request
        if record.contract and record.contract not in {item.contract for item in self.app.functions}:
            return "its request was recorded on another contract, and stands for no event"
        if request is None:
            return "it holds neither an event nor a request"
        lines = isinstance(request, LineRequest)
        speaks = [item for item in self.app.functions if (item.contract == "azure-stdio") == lines]
        if not speaks:
            return "its request is one of another transport"
        if isinstance(request, HttpRequest):
            if request.target in HOOKS:
                return "it is a lifecycle request, which the host sends by itself"
            if request.method == "CONNECT" or any(name.lower() == "upgrade" for name, _ in request.headers):
                return "it asked for another protocol"
        named = next((item for item in speaks if item.name == record.function), speaks[0])
        return Case(id=id, record=record, function=named, event=None)

    def _function(self, name: str, trigger: str) -> Function | str:
        key = name, trigger
        if key not in self._functions:
            self._functions[key] = self._found(name, trigger)
        return self._functions[key]

    def _found(self, name: str, trigger: str) -> Function | str:
        fed = [item for item in self.app.functions if item.trigger == trigger]
        named = [item for item in fed if item.name == name]
        if named:
            return named[0]
        if len(fed) == 1 and (not name or self.app.platform == "bare"):
            return fed[0]
        if not fed:
            return f"the app has no function that is fed by {trigger if trigger in EVENT_TYPES else 'such a trigger'}"
        return f"the app has no {trigger} function {name[:80]}" if name else "several functions of the app fit"


def delivery_for(host: Host, case: Case) -> Delivery:
    """A new delivery: its id and time are fresh, attempt and framing those of the record."""
    delivery, recorded = host.delivery(), case.record.delivery
    if recorded is None or (recorded.attempt == delivery.attempt and recorded.framing == delivery.framing):
        return delivery
    return replace(delivery, attempt=recorded.attempt, framing=recorded.framing)


def _data(request: Request) -> bytes:
    return request.line if isinstance(request, LineRequest) else request.body


def _payload(data: bytes) -> object:
    """What a request's ``data`` say, without what the host adds around an event."""
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError:
        return data
    return document["Data"] if isinstance(document, dict) and "Data" in document else document
