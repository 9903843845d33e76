"""Sample bodies of event sources that no canonical event describes, ready for a RawEvent (alibaba-fc.md 6).

``BATCH_SHAPES`` names the ones that show the forms which one EventBridge source may take by its settings (6.8).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import orjson

from fnfuzz.contracts.fc_events import cloud_event

__all__ = ["BATCH_SHAPES", "SAMPLES"]

ACCOUNT = "1234567890123456"
TIME = "2026-01-02T03:04:05.589Z"


def _cloud_event(kind: str, source: str, subject: str, data: Mapping[str, Any]) -> dict[str, Any]:
    return cloud_event("8e215af8-ca18-4249-8645-f96c10260001", source, kind, subject, TIME, ACCOUNT, data)


def _cdn(name: str, parameter: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "events": [
            {
                "eventName": name,
                "eventVersion": "1.0.0",
                "eventSource": "cdn",
                "region": "cn-hangzhou",
                "eventTime": "2026-01-02T11:04:05+08:00",
                "traceId": "cf89e5a8-7d59-4bb5-a33e-4c3d08e25acf",
                "resource": {"domain": "example.com"},
                "eventParameter": parameter,
                "userIdentity": {"aliUid": ACCOUNT},
            }
        ]
    }


def _gateway(is_base64: bool | str) -> dict[str, Any]:
    return {
        "path": "/albums/7",
        "httpMethod": "POST",
        "headers": {"Content-Type": "image/png", "X-Ca-Request-Id": "A1"},
        "queryParameters": {"q": "1"},
        "pathParameters": {"id": "7"},
        "body": "iVBORw0KGgo=",
        "isBase64Encoded": is_base64,
    }


_LOGS = {
    "parameter": {"k": "v"},
    "source": {
        "endpoint": "http://cn-hangzhou-intranet.log.aliyuncs.com",
        "projectName": "p1",
        "logstoreName": "s1",
        "shardId": 0,
        "beginCursor": "MTc2NzMyMzA0NTAwMDAwMDAwMQ==",
        "endCursor": "MTc2NzMyMzA0NTAwMDAwMDA5MA==",
    },
    "jobName": "1f7043ced683de1a4e3d8d70b5a412843d817a39",
    "taskId": "c2691505-38da-4d1b-998a-f1d4bb8c9994",
    "cursorTime": 1767323045,
}

_CDN_LOG_FILE = _cdn(
    "LogFileCreated",
    {
        "domain": "example.com",
        "startTime": 1767322800,
        "endTime": 1767323100,
        "fileSize": 1788115,
        "filePath": "http://cdnlog.example/2026_01_02/x.gz?Signature=x",
    },
)

_CDN_REFRESHED = _cdn(
    "CachedObjectsRefreshed",
    {
        "objectPath": ["/a/1.png", "/a/2.png"],
        "createTime": 1767322800,
        "completeTime": 1767323100,
        "domain": "example.com",
        "objectType": "File",
        "taskId": 5012345678,
    },
)

# {"Version": "Sync-v1", "Records": [{"Type": "UpdateRow", "Info": ..., "PrimaryKey": ..., "Columns": ...}]}
_TABLESTORE = bytes.fromhex(
    "a26756657273696f6e6753796e632d7631675265636f72647381a4645479706569557064617465526f7764496e666fa16954696d65737461"
    "6d701b0006475ef6574f356a5072696d6172794b657981a26a436f6c756d6e4e616d65637569646556616c7565182a67436f6c756d6e7382"
    "a46454797065635075746a436f6c756d6e4e616d65646e69636b6556616c7565636164616954696d657374616d701b0000019b7ca98f2ea2"
    "64547970657144656c657465416c6c56657273696f6e736a436f6c756d6e4e616d65636f6c64"
)

_KAFKA = _cloud_event(
    "alikafka:Topic:Message",
    "acs:alikafka",
    "acs:alikafka:alikafka_pre-cn-x:topic:t",
    {
        "topic": "t",
        "partition": 7,
        "offset": 25,
        "timestamp": 1767323045589,
        "headers": {"headers": [], "isReadOnly": False},
        "key": "k1",
        "value": "hello",
    },
)

_ROCKETMQ = _cloud_event(
    "mq:Topic:SendMessage",
    "RocketMQ-Function-t1",
    f"acs:mq:cn-hangzhou:{ACCOUNT}:MQ_INST_x%t",
    {
        "topic": "t",
        "systemProperties": {
            "MIN_OFFSET": "0",
            "MAX_OFFSET": "8",
            "TRACE_ON": "true",
            "MSG_REGION": "cn-hangzhou",
            "KEYS": "k",
            "TAGS": "a",
            "CONSUME_START_TIME": 1767323045396,
            "UNIQ_KEY": "AC14C305069E1B28CDFA3181CDA20001",
            "INSTANCE_ID": "MQ_INST_x",
        },
        "userProperties": {},
        "body": "TEST",
    },
)


def _rabbitmq(body: Any) -> dict[str, Any]:
    return _cloud_event(
        "amqp:Queue:SendMessage",
        "RabbitMQ-Function-t1",
        f"acs:amqp:cn-hangzhou:{ACCOUNT}:/instances/i/vhosts/v/queues/q",
        {
            "envelope": {"deliveryTag": 98, "exchange": "", "redeliver": False, "routingKey": "q"},
            "body": body,
            "props": {"contentEncoding": "UTF-8", "messageId": "f7622d51-e198-41de-a072-77c1ead70001"},
        },
    )


_MQTT = {"props": {"firstTopic": "t", "secondTopic": "/x", "clientId": "g@@@1"}, "body": "hello"}

_APACHE_ROCKETMQ = {
    "msgId": "7F0000010BDD2A84AEE70DA49B570001",
    "topic": "t",
    "systemProperties": {
        "UNIQ_KEY": "7F0000010BDD2A84AEE70DA49B570001",
        "CLUSTER": "DefaultCluster",
        "MIN_OFFSET": "0",
        "MAX_OFFSET": "128",
        "TAGS": "a",
    },
    "userProperties": {},
    "body": "hello",
}

_DOCUMENTS: Mapping[str, Any] = {
    "sls": _LOGS,
    "cdn-log-file-created": _CDN_LOG_FILE,
    "cdn-objects-refreshed": _CDN_REFRESHED,
    "cdn-domain-started": _cdn("CdnDomainStarted", {"domain": "example.com", "status": "online"}),
    "cdn-domain-added": _cdn("CdnDomainAdded", {"domain": "example.com"}),
    "kafka-object": _KAFKA,
    "kafka-array": [_KAFKA],
    "kafka-text-array": [orjson.dumps(_KAFKA).decode("utf-8")],
    "rocketmq-array": [_ROCKETMQ],
    "rabbitmq-array": [_rabbitmq({"Hello": "R"})],
    "rabbitmq-array-text-body": [_rabbitmq("hello")],
    "mqtt-raw-data": [_MQTT],
    "rocketmq-raw-data": [_APACHE_ROCKETMQ],
    "api-gateway": _gateway(True),
    "api-gateway-flag-as-text": _gateway("true"),
}

SAMPLES: Mapping[str, bytes] = MappingProxyType(
    {**{name: orjson.dumps(document) for name, document in _DOCUMENTS.items()}, "tablestore-cbor": _TABLESTORE}
)
"""Event bodies by name, compact as the host sends them; ``tablestore-cbor`` is the one that is not JSON."""

BATCH_SHAPES: tuple[str, ...] = (
    "kafka-object",
    "kafka-array",
    "kafka-text-array",
    "mqtt-raw-data",
    "rocketmq-raw-data",
)
"""One object, an array of objects, an array of JSON texts, and two arrays of bare payloads."""
