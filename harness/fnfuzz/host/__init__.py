"""Plays the host for an app: start an instance, deliver events, conclude, recycle after a crash."""

from fnfuzz.host.detect import settle
from fnfuzz.host.exchange import Answer, Exchange
from fnfuzz.host.launch import Launched, StartFailed, launch
from fnfuzz.host.session import Host

__all__ = ["Answer", "Exchange", "Host", "Launched", "StartFailed", "launch", "settle"]
