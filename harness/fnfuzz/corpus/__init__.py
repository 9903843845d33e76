"""Corpora: recorded exchanges, kept on disk, found again, put into other formats."""

from fnfuzz.corpus.errors import AmbiguousId, CorpusError, Damage, UnknownId
from fnfuzz.corpus.format.packing import record_id
from fnfuzz.corpus.merging import Merged, merge
from fnfuzz.corpus.model import Record
from fnfuzz.corpus.rewriting import Rewritten, remove, rewrite
from fnfuzz.corpus.shape import shape
from fnfuzz.corpus.store import Corpus
from fnfuzz.corpus.writer import Writer

__all__ = [
    "AmbiguousId",
    "Corpus",
    "CorpusError",
    "Damage",
    "Merged",
    "Record",
    "Rewritten",
    "UnknownId",
    "Writer",
    "merge",
    "record_id",
    "remove",
    "rewrite",
    "shape",
]
