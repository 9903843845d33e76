"""The rules that apply where nobody says otherwise: what things are called, and what stand-in they get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fnfuzz.corpus.redaction.shapes import SHAPES

__all__ = ["CLAIMS_KEPT", "HARMLESS", "NAME_RULES", "QUERY_ONLY", "RULE_IDS", "NameRule"]


@dataclass(frozen=True, slots=True)
class NameRule:
    """Values under one of ``names`` get a stand-in of ``kind``. ``names`` are as ``NamePatterns`` takes them."""

    id: str
    kind: str
    names: tuple[str, ...]


NAME_RULES: Final = (
    NameRule("authorization", "authorization", ("authorization", "proxy-authorization", "www-authorization")),
    NameRule("cookie", "cookie", ("cookie",)),
    NameRule("set-cookie", "set-cookie", ("set-cookie",)),
    NameRule(
        "password",
        "secret",
        (
            *("密码",),
            *("password", "passwd", "passphrase", "passcode", "passwort", "=pass", "pwd", "user pass", "db pass"),
            *(
                "pin",
                "pin code",
                "otp",
                "one time code",
                "totp",
                "mfa code",
                "security answer",
                "cvv",
                "cvc",
                "cvv2",
                "security code",
            ),
        ),
    ),
    NameRule(
        "secret",
        "secret",
        (
            *(
                "secret",
                "credential",
                "private key",
                "signing key",
                "encryption key",
                "master key",
                "host key",
                "system key",
            ),
            *(
                "access key",
                "access key id",
                "access key secret",
                "account key",
                "shared key",
                "shared access key",
                "secret key",
            ),
            *(
                "subscription key",
                "function key",
                "functions key",
                "storage key",
                "primary access key",
                "secondary access key",
            ),
            *(
                "auth key",
                "license key",
                "webhook key",
                "client key",
                "service key",
                "admin key",
                "ssh key",
                "ak secret",
            ),
            "shared access signature",
        ),
    ),
    NameRule("api-key", "secret", ("api key", "app key", "x api key", "ocp apim subscription key", "x ca key")),
    NameRule(
        "token",
        "secret",
        (
            *(
                "token",
                "access token",
                "refresh token",
                "id token",
                "auth token",
                "bearer token",
                "security token",
                "jwt",
                "bearer",
            ),
            *(
                "session token",
                "csrf",
                "xsrf",
                "csrf token",
                "xsrf token",
                "api token",
                "device token",
                "push token",
                "sas token",
            ),
            *("=assertion", "client assertion", "saml response", "x ms client principal", "client principal"),
            *("auth code", "authorization code", "x ms token aad id token", "x arr clientcert", "client cert"),
        ),
    ),
    NameRule("session", "secret", ("session id", "session key", "sid", "jsessionid", "phpsessid", "=auth")),
    NameRule(
        "signature",
        "secret",
        ("sig", "signature", "amz signature", "amz credential", "oss signature", "oss credential", "oss access key id"),
    ),
    NameRule("connection-string", "connection", ("connection string", "conn string", "connection uri", "dsn")),
    NameRule(
        "email",
        "email",
        ("email", "e mail", "mail", "email address", "mail address", "e mail address", "reply to", "contact email"),
    ),
    NameRule(
        "phone",
        "phone",
        (
            *(
                "手机",
                "手机号",
                "手机号码",
                "电话",
                "电话号码",
            ),
            *(
                "邮箱",
                "电子邮件",
            ),
            *(
                "phone",
                "phone number",
                "phone no",
                "phone nr",
                "telephone",
                "telephone number",
                "tel",
                "mobile",
                "mobile number",
            ),
            *(
                "mobile phone",
                "cell",
                "cell phone",
                "cellphone",
                "fax",
                "fax number",
                "msisdn",
                "whatsapp",
                "handy",
                "telefon",
            ),
        ),
    ),
    NameRule(
        "name",
        "words",
        (
            *("姓名",),
            *(
                "first name",
                "last name",
                "full name",
                "middle name",
                "maiden name",
                "family name",
                "given name",
                "surname",
            ),
            *("forename", "nick name", "nickname", "customer name", "client name", "contact name", "patient name"),
            *(
                "holder name",
                "card holder",
                "cardholder name",
                "account holder",
                "owner name",
                "recipient name",
                "recipient",
            ),
            *(
                "sender name",
                "person name",
                "employee name",
                "guest name",
                "passenger name",
                "billing name",
                "shipping name",
            ),
            *(
                "real name",
                "legal name",
                "birth name",
                "vorname",
                "nachname",
                "preferred name",
                "student name",
                "=fname",
                "=lname",
            ),
        ),
    ),
    NameRule(
        "user",
        "words",
        (
            "user name",
            "username",
            "login",
            "user login",
            "login name",
            "user principal name",
            "upn",
            "x ms client principal name",
        ),
    ),
    NameRule(
        "address",
        "words",
        (
            *("地址",),
            *(
                "address",
                "address line",
                "street",
                "street address",
                "street name",
                "house number",
                "postal address",
                "home address",
            ),
            *(
                "city",
                "town",
                "postal code",
                "postcode",
                "zip",
                "zip code",
                "plz",
                "addr",
                "addr line",
                "street line",
                "suburb",
            ),
            *("delivery address", "shipping address", "billing address", "door code"),
        ),
    ),
    NameRule("birth", "date", ("birth date", "birthdate", "birthday", "date of birth", "dob", "geburtsdatum")),
    NameRule(
        "identity",
        "digits",
        (
            *(
                "身份证",
                "身份证号",
            ),
            *(
                "ssn",
                "social security number",
                "social security no",
                "social insurance number",
                "national id",
                "national id number",
            ),
            *(
                "tax id",
                "tax number",
                "tax no",
                "passport",
                "passport number",
                "passport no",
                "driver license",
                "driving license",
            ),
            *(
                "driver license number",
                "license plate",
                "id card",
                "id card number",
                "identity number",
                "personal number",
                "nino",
            ),
            *(
                "health insurance number",
                "insurance number",
                "medical record number",
                "vat id",
                "vat number",
                "cpf",
                "bsn",
                "aadhaar",
            ),
        ),
    ),
    NameRule(
        "card",
        "digits",
        (
            "card number",
            "card no",
            "cardnum",
            "credit card",
            "credit card number",
            "debit card",
            "pan",
            "card pan",
            "=card",
        ),
    ),
    NameRule(
        "bank",
        "digits",
        (
            *(
                "银行卡号",
                "银行账号",
            ),
            *(
                "iban",
                "bank account",
                "bank account number",
                "account number",
                "account no",
                "routing number",
                "sort code",
            ),
            *("bic", "swift", "swift code", "kontonummer"),
        ),
    ),
)

QUERY_ONLY: Final = ("function-key", "secret", "code")
"""``code`` carries a function key, or an OAuth code, but only in a query, and only when it looks like one."""

HARMLESS: Final = (
    *(
        "continuation token",
        "next token",
        "page token",
        "next page token",
        "cancellation token",
        "prev token",
        "sync token",
    ),
    *(
        "ip address",
        "mac address",
        "remote address",
        "source address",
        "server address",
        "host address",
        "memory address",
    ),
    *("content signature", "method signature", "type signature", "function signature", "public key", "cancel token"),
    *(
        "max token",
        "total token",
        "prompt token",
        "completion token",
        "input token",
        "output token",
        "num token",
        "token count",
    ),
    *("trace token", "idempotency key", "endpoint address", "web address", "bucket address", "is mobile"),
    *(
        "aliyunpublishaddr",
        "source ip address",
        "last login",
        "login count",
        "microphone",
        "headphone",
        "smartphone",
        "automobile",
        "has phone",
    ),
)
"""Names that end like those above and are none of them."""

CLAIMS_KEPT: Final = frozenset(
    [
        "iss",
        "aud",
        "typ",
        "alg",
        "scope",
        "scp",
        "roles",
        "azp",
        "ver",
        "token_use",
        "amr",
        "acr",
        "cty",
        "enc",
        "zip",
        "crit",
        "idtyp",
        "exp",
        "iat",
        "nbf",
        "auth_time",
        "updated_at",
    ]
)
"""Claims of a JWT that say nothing about a person: they stay; any other text in it is replaced."""

RULE_IDS: Final = (
    *(rule.id for rule in NAME_RULES),
    *(shape.rule for shape in SHAPES if shape.rule not in {rule.id for rule in NAME_RULES}),
    QUERY_ONLY[0],
    "claims",
    "known",
    "size",
)
"""Everything that can be switched off, apart from ``size``: what is too large to be searched is never kept."""
