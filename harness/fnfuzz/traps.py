"""Nasty values, each known to break programs that never met it; plain data, for strategies and mutators alike.

Every table maps a short name to a value. A value is something that a real client, sender or uploader can send;
what a particular slot forbids (a line break in a header, NUL in a raw queue message) the user of the table leaves out.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = [
    "BLOB_NAME_TRAPS",
    "BYTE_TRAPS",
    "CSV_TRAPS",
    "FORM_TRAPS",
    "JSON_TRAPS",
    "MALFORMED_JSON_TRAPS",
    "NAME_TRAPS",
    "NUMBER_TRAPS",
    "SIZE_STEPS",
    "TEXT_TRAPS",
    "TIME_TRAPS",
]

TEXT_TRAPS: Mapping[str, str] = {
    # Blank, or blank to some trim functions and not to others: Unicode property White_Space, PropList.txt.
    "empty": "",
    "space": " ",
    "tab": "\t",
    "line-feed": "\n",
    "crlf": "a\r\nb",
    "no-break-space": "\u00a0",
    "zero-width-space": "a\u200bb",
    "next-line": "a\u0085b",
    "line-separator": "a\u2028b",  # legal in JSON strings, a line end in JavaScript before ES2019: ECMA-262 12.3
    "paragraph-separator": "a\u2029b",
    # Code points that C strings, XML 1.0 (2.2) or terminals do not take.
    "nul": "a\x00b",
    "escape": "\x1b[31mred\x1b[0m",
    "delete": "\x7f",
    "byte-order-mark": "\ufeffa",  # swallowed by some decoders: RFC 3629 6
    "noncharacter": "\ufffe",  # Unicode 15.0 23.7
    "replacement": "\ufffd",
    # More than one code unit, code point or column for one visible character: UAX #29, UAX #15, UTS #51.
    "astral": "\U0001d518",
    "emoji": "🎉",
    "emoji-family": "👩‍👩‍👧‍👦",
    "emoji-flag": "🇯🇵",
    "emoji-skin-tone": "👍🏽",
    "combining": "e\u0301",
    "precomposed": "é",
    "stacked-marks": "Z" + "\u0334\u0315\u033e" * 8,
    "last-code-point": "\U0010ffff",
    # Case mappings that change length or do not come back: SpecialCasing.txt.
    "sharp-s": "Straße",
    "dotted-capital-i": "İstanbul",
    "dotless-i": "ısı",
    "ligature": "ﬁn",
    "kelvin": "K",
    "final-sigma": "ΣΟΦΟΣ",
    # Scripts and direction: UAX #9.
    "japanese": "注文を確認してください",
    "arabic": "مرحبا بالعالم",
    "hebrew": "שלום עולם",
    "right-to-left-override": "\u202egpj.exe",
    "mixed-direction": "abc שלום 123",
    "full-width-digits": "１２３",
    "arabic-digits": "٤٢",
    "homoglyph": "раypal",  # UTS #39
    # Text that some layer takes for something else.
    "quote": '"',
    "apostrophe": "O'Brien",
    "backslash": "\\",
    "percent": "100%",
    "percent-escape": "%00%0a",
    "format": "%s%n%d",
    "braces": "{{7*7}}",
    "dollar": "${HOME}",
    "html": "<script>alert(1)</script>",
    "sql": "'; DROP TABLE orders; --",
    "shell": "$(id)`id`;id|id&",
    "parent-folder": "../../etc/passwd",
    "json-text": '{"a":1}',
    "looks-null": "null",
    "looks-true": "true",
    "looks-undefined": "undefined",
    "looks-nan": "NaN",
    "looks-norway": "no",  # false in YAML 1.1
    "looks-number": "1e3",
    "looks-octal": "007",
    "looks-hex": "0x10",
    "minus-zero": "-0",
    "comma-decimal": "1,5",
    # Lengths around columns and buffers.
    "long-255": "a" * 255,
    "long-256": "a" * 256,
    "wide-255": "é" * 255,
}

NAME_TRAPS: Mapping[str, str] = {
    "empty": "",
    "space": "a b",
    "dotted": "a.b",
    "dollar-ref": "$ref",
    "dollar-where": "$where",
    "index": "0",
    "bracket": "a[b]",
    "unicode": "größe",
    # Properties that every JavaScript object inherits: ECMA-262 B.2.2.
    "proto": "__proto__",
    "constructor": "constructor",
    "to-string": "toString",
    "length": "length",
    # Names that overwrite the host's own metadata or vanish from it: azure-functions.md 3.1.
    "id": "Id",
    "dequeue-count": "dequeueCount",
    "sys": "sys",
    "query": "Query",
    "headers": "Headers",
    "ends-in-trigger": "hairTrigger",
    # A message attribute that collides with a key of the platform: alibaba-fc.md 6.6.
    "message": "Message",
    "topic-name": "TopicName",
}

NUMBER_TRAPS: Mapping[str, str] = {
    # JSON number tokens (RFC 8259 6), as text because not every language can hold them.
    "zero": "0",
    "minus-zero": "-0",
    "minus-zero-float": "-0.0",
    "minus-one": "-1",
    "whole-float": "1.0",
    "int8": "127",
    "int8-over": "128",
    "uint8": "255",
    "uint8-over": "256",
    "int16": "32767",
    "int16-over": "32768",
    "uint16-over": "65536",
    "int32": "2147483647",
    "int32-over": "2147483648",
    "int32-under": "-2147483649",
    "uint32-over": "4294967296",
    "double-exact": "9007199254740992",  # 2**53: the last one before doubles skip whole numbers, IEEE 754
    "double-skips": "9007199254740993",
    "int64": "9223372036854775807",
    "int64-over": "9223372036854775808",
    "int64-under": "-9223372036854775809",
    "uint64-over": "18446744073709551616",
    "forty-digits": "1234567890123456789012345678901234567890",
    "not-binary": "0.1",
    "sum-of-tenths": "0.30000000000000004",
    "money-rounding": "1.005",
    "tiny": "1e-7",
    "denormal": "5e-324",
    "underflow": "1e-400",
    "exponent-form": "1E+2",
    "big-exponent": "1e21",
    "double-max": "1.7976931348623157e308",
    "overflow": "1e400",
}

TIME_TRAPS: Mapping[str, str] = {
    # ISO 8601 and RFC 3339 texts at the borders of calendars, clocks and parsers.
    "epoch": "1970-01-01T00:00:00Z",
    "before-epoch": "1969-12-31T23:59:59Z",
    "leap-day": "2024-02-29T12:00:00Z",
    "no-leap-day": "2023-02-29T12:00:00Z",
    "leap-second": "2016-12-31T23:59:60Z",  # RFC 3339 appendix D
    "int32-seconds": "2038-01-19T03:14:08Z",
    "first-year": "0001-01-01T00:00:00Z",
    "last-second": "9999-12-31T23:59:59Z",
    "year-zero": "0000-01-01T00:00:00Z",
    "east": "2025-03-11T09:15:01+14:00",
    "west": "2025-03-11T09:15:01-12:00",
    "odd-offset": "2025-03-11T09:15:01+05:45",
    "unknown-offset": "2025-03-11T09:15:01-00:00",  # RFC 3339 4.3
    "skipped-hour": "2025-03-30T02:30:00",  # does not exist in central Europe
    "seven-digits": "2025-03-11T09:15:01.1234567Z",
    "nine-digits": "2025-03-11T09:15:01.123456789Z",
    "lower-case": "2025-03-11t09:15:01z",
    "space-between": "2025-03-11 09:15:01",
    "basic-format": "20250311T091501Z",
    "week-date": "2025-W11-2",
    "date-only": "2025-03-11",
    "slashes": "11/03/2025",
}

JSON_TRAPS: Mapping[str, str] = {
    # All of these are JSON texts (RFC 8259).
    "empty-object": "{}",
    "empty-array": "[]",
    "null": "null",
    "true": "true",
    "number": "0",
    "string": '"a"',
    "empty-string": '""',
    "string-of-json": '"{\\"a\\":1}"',
    "white-space": ' {\r\n\t"a" : 1 }\n',
    "null-member": '{"id":null}',
    "empty-name": '{"":1}',
    "twice": '{"id":1,"id":2}',  # RFC 8259 4: unpredictable
    "case-twins": '{"id":1,"ID":2}',
    "number-as-text": '{"id":"1"}',
    "list-for-object": '[{"id":1}]',
    "mixed-list": '[1,"1",null,true,{},[]]',
    "nul-escape": '{"name":"a\\u0000b"}',
    "half-surrogate-escape": '{"name":"\\ud800"}',  # RFC 8259 8.2: unpredictable
    "surrogate-pair-escape": '{"name":"\\ud83c\\udf89"}',
    "line-separator": '{"name":"\u2028"}',
    "solidus-escape": '{"url":"http:\\/\\/x\\/y"}',
    "prototype": '{"__proto__":{"admin":true}}',
    "overwrites-metadata": '{"id":1,"dequeueCount":99}',  # azure-functions.md 3.1
    "skipped-in-metadata": '{"hairTrigger":"x"}',
    "date-text": '{"at":"2025-03-11T09:15:00Z"}',
    # Under 64 levels, where parsers commonly stop by default.
    "deep": '{"a":' * 30 + "[" * 30 + "]" * 30 + "}" * 30,
    "long-list": "[" + ",".join(["0"] * 1000) + "]",
}

MALFORMED_JSON_TRAPS: Mapping[str, str] = {
    # What clients send by mistake with a JSON media type; none of them is a JSON text.
    "nothing": "",
    "blank": " ",
    "plain-text": "hello",
    "cut": '{"id":1,"na',
    "trailing-comma": '{"id":1,}',
    "single-quotes": "{'id':1}",
    "bare-name": "{id:1}",
    "comment": '{"id":1/*x*/}',
    "two-documents": '{"id":1}{"id":2}',
    "not-a-number": '{"id":NaN}',
    "leading-zero": '{"id":01}',
    "plus-sign": '{"id":+1}',
    "raw-line-break": '{"name":"a\nb"}',
    "byte-order-mark": '\ufeff{"id":1}',  # RFC 8259 8.1
    "form-body": "id=1&name=a",
    "xml": "<order id='1'/>",
}

BYTE_TRAPS: Mapping[str, bytes] = {
    # Not UTF-8: RFC 3629 3.
    "lone-byte": b"\xff",
    "lone-continuation": b"a\x80b",
    "overlong": b"\xc0\xaf",
    "cut-sequence": b"caf\xc3",
    "encoded-surrogate": b"\xed\xa0\x80",
    "latin-1": b"caf\xe9",
    "utf-16": b"\xff\xfeh\x00i\x00",
    # UTF-8, but rarely expected.
    "nul": b"\x00",
    "nuls": b"\x00" * 16,
    "byte-order-mark-only": b"\xef\xbb\xbf",
    "every-byte": bytes(range(256)),
    # First bytes of file formats, then nothing: what a cut upload leaves.
    "png-signature": b"\x89PNG\r\n\x1a\n",
    "gzip-header": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
    "zip-end": b"PK\x05\x06" + b"\x00" * 18,
    "pdf-header": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "jpeg-start": b"\xff\xd8\xff\xe0",
}

BLOB_NAME_TRAPS: Mapping[str, str] = {
    # Legal in Azure Blob Storage and in OSS (alibaba-fc.md 6.2, row ``key``), surprising in a URL or a file system.
    "space": "a b.txt",
    "leading-space": " a.txt",
    "plus": "a+b.txt",
    "escaped-plus": "a%2Bb.txt",
    "percent": "100%.txt",
    "hash": "a#b.txt",
    "question": "a?b.txt",
    "ampersand": "a&b=c.txt",
    "quote": "a'b\"c.txt",
    "colon": "a:b.txt",
    "no-extension": "README",
    "dot-file": ".env",
    "two-dots": "a..b.txt",
    "upper-case": "A.TXT",
    "umlaut": "größe.txt",
    "combining": "cafe\u0301.txt",
    "japanese": "注文.csv",
    "hebrew": "שלום.txt",
    "emoji": "🎉.png",
    "right-to-left-override": "a\u202egpj.exe",
    "dash": "-rf",
    "device": "con.txt",
    "long": "a" * 1019 + ".txt",
}

FORM_TRAPS: Mapping[str, str] = {
    # application/x-www-form-urlencoded: WHATWG URL 5.1, and what lax clients make of it.
    "nothing": "",
    "twice": "a=1&a=2",
    "no-value": "a",
    "empty-value": "a=",
    "empty-name": "=1",
    "only-separators": "&&",
    "lone-percent": "a=%",
    "bad-escape": "a=%zz",
    "not-utf-8": "a=%ff",
    "nul": "a=%00",
    "plus": "a=1+1",
    "brackets": "a[]=1&a[]=2&b[c]=3",
    "semicolons": "a=1;b=2",
    "encoded-name": "%61=1",
}

CSV_TRAPS: Mapping[str, str] = {
    # RFC 4180 and its relatives.
    "nothing": "",
    "header-only": "id,name\r\n",
    "no-last-line-end": "id,name\r\n1,a",
    "line-feed-only": "id,name\n1,a\n",
    "carriage-return-only": "id,name\r1,a\r",
    "blank-lines": "id,name\r\n\r\n1,a\r\n\r\n",
    "quoted-line-break": 'id,name\r\n1,"a\r\nb"\r\n',
    "doubled-quotes": 'id,name\r\n1,"a""b"\r\n',
    "open-quote": 'id,name\r\n1,"a\r\n',
    "short-row": "id,name\r\n1\r\n",
    "long-row": "id,name\r\n1,a,b\r\n",
    "same-name-twice": "id,id\r\n1,2\r\n",
    "semicolons": "id;price\r\n1;1,5\r\n",
    "tabs": "id\tname\r\n1\ta\r\n",
    "byte-order-mark": "\ufeffid,name\r\n1,a\r\n",
    "formula": "id,name\r\n1,=1+1\r\n",
}

SIZE_STEPS: tuple[int, ...] = (
    # Bytes around buffers, pipes and the limits of queues (64 KiB encoded is 48 KiB before base64).
    *(0, 1, 2, 127, 128, 255, 256, 1023, 1024, 4095, 4096, 4097),
    *(8191, 8192, 8193, 16384, 32768, 49151, 49152, 65535, 65536, 65537, 131073),
)
