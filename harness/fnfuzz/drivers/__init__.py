"""The only room with processes, pipes and sockets: start, exchange, stop."""

from fnfuzz.drivers.errors import CannotStart, DriverError, HandlerGone
from fnfuzz.drivers.http import HttpConnection
from fnfuzz.drivers.instance import HttpInstance, Instance, ScriptedInstance, StdioInstance
from fnfuzz.drivers.process import HandlerProcess, StdinKind, Work
from fnfuzz.drivers.stdio import StdioChannel
from fnfuzz.drivers.together import exchange_together
from fnfuzz.drivers.wakeful import Wakeful

__all__ = [
    "CannotStart",
    "DriverError",
    "HandlerGone",
    "HandlerProcess",
    "HttpConnection",
    "HttpInstance",
    "Instance",
    "ScriptedInstance",
    "StdinKind",
    "StdioChannel",
    "StdioInstance",
    "Wakeful",
    "Work",
    "exchange_together",
]
