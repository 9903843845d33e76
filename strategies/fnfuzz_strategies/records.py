"""What shops, clouds and devices send: one builder a kind, each a function of a seeded Faker to JSON data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from faker import Faker

__all__ = ["RECORDS", "moment"]

_START = datetime(2025, 1, 1)


def moment(faker: Faker) -> datetime:
    """A naive UTC time in 2025, to the second; never relative to today, so that a seed fixes it."""
    return _START + timedelta(seconds=faker.random_int(0, 31_535_999))


def _zulu(faker: Faker) -> str:
    return f"{moment(faker).isoformat()}Z"


def _amount(faker: Faker, high: int) -> float:
    return faker.random_int(100, high) / 100


def _address(faker: Faker) -> dict[str, Any]:
    return {
        "street": faker.street_address(),
        "city": faker.city(),
        "zip": faker.postcode(),
        "country": faker.country_code(),
    }


def _line(faker: Faker) -> dict[str, Any]:
    return {"sku": faker.bothify("??-####").upper(), "qty": faker.random_int(1, 9), "price": _amount(faker, 20000)}


def order(faker: Faker) -> dict[str, Any]:
    """A customer's order with one to four lines."""
    lines = [_line(faker) for _ in range(faker.random_int(1, 4))]
    return {
        "orderId": faker.random_int(1, 999_999),
        "created": _zulu(faker),
        "customer": {"name": faker.name(), "email": faker.email()},
        "shipTo": _address(faker),
        "items": lines,
        "total": round(sum(line["qty"] * line["price"] for line in lines), 2),
        "currency": faker.currency_code(),
        "note": faker.random_element((None, "", faker.sentence())),
    }


def user(faker: Faker) -> dict[str, Any]:
    """Somebody who signs up."""
    return {
        "id": faker.uuid4(),
        "userName": faker.user_name(),
        "name": faker.name(),
        "email": faker.email(),
        "phone": faker.phone_number(),
        "address": _address(faker),
        "newsletter": faker.boolean(),
        "roles": list(faker.random_elements(("reader", "editor", "admin"), length=2, unique=True)),
    }


def github_push(faker: Faker) -> dict[str, Any]:
    """The body of a push webhook as source hosts send it."""
    owner, name = faker.user_name(), faker.random_element(("shop", "site", "infra", "billing-api"))
    commits = [
        {
            "id": faker.hexify("^" * 40),
            "message": faker.sentence(),
            "timestamp": _zulu(faker),
            "author": {"name": faker.name(), "email": faker.email()},
            "added": [],
            "removed": [],
            "modified": ["README.md"],
        }
        for _ in range(faker.random_int(1, 3))
    ]
    return {
        "ref": "refs/heads/main",
        "before": faker.hexify("^" * 40),
        "after": commits[-1]["id"],
        "repository": {"id": faker.random_int(1, 10**9), "full_name": f"{owner}/{name}", "private": faker.boolean()},
        "pusher": {"name": owner, "email": faker.email()},
        "deleted": False,
        "forced": faker.boolean(10),
        "commits": commits,
    }


def payment(faker: Faker) -> dict[str, Any]:
    """An event of a payment provider: amounts in cents, times in Unix seconds."""
    seconds = int((moment(faker) - datetime(1970, 1, 1)).total_seconds())
    charge = {
        "id": faker.bothify("pi_????????????????"),
        "object": "payment_intent",
        "amount": faker.random_int(50, 500_000),
        "currency": faker.currency_code().lower(),
        "customer": faker.random_element((None, faker.bothify("cus_????????"))),
        "receipt_email": faker.email(),
        "metadata": {"order": str(faker.random_int(1, 999_999))},
    }
    kind = faker.random_element(("payment_intent.succeeded", "payment_intent.payment_failed"))
    return {
        "id": faker.bothify("evt_????????????????"),
        "object": "event",
        "created": seconds,
        "livemode": False,
        "type": kind,
        "data": {"object": charge},
    }


def invoice(faker: Faker) -> dict[str, Any]:
    """A company's invoice; amounts are decimal texts, as accounting likes them."""
    issued = moment(faker)
    net = faker.random_int(100, 1_000_000)
    tax = net * 19 // 100
    return {
        "number": f"INV-{issued.year}-{faker.random_int(1, 99_999):05d}",
        "issued": issued.date().isoformat(),
        "due": (issued + timedelta(days=30)).date().isoformat(),
        "seller": {"name": faker.company(), "address": _address(faker), "iban": faker.iban()},
        "buyer": {"name": faker.company(), "address": _address(faker)},
        "net": f"{net / 100:.2f}",
        "tax": f"{tax / 100:.2f}",
        "gross": f"{(net + tax) / 100:.2f}",
        "paid": faker.boolean(),
    }


def sensor_reading(faker: Faker) -> dict[str, Any]:
    """One reading of a device; a broken sensor reports null."""
    return {
        "device": faker.mac_address(),
        "at": _zulu(faker),
        "temperature": faker.random_element((None, faker.random_int(-400, 850) / 10)),
        "humidity": faker.random_int(0, 100),
        "position": [float(faker.latitude()), float(faker.longitude())],
        "battery": faker.random_int(0, 100) / 100,
    }


RECORDS: Mapping[str, Callable[[Faker], dict[str, Any]]] = {
    "order": order,
    "user": user,
    "github-push": github_push,
    "payment": payment,
    "invoice": invoice,
    "sensor-reading": sensor_reading,
}
"""Every kind of record."""
