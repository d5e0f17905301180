"""How every client of this house reaches Kafka: address, TLS and SASL, from settings; and which partition a key has there."""

import ssl
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from aiokafka.partitioner import murmur2

if TYPE_CHECKING:
    from kit.settings import KafkaSettings


def client_settings(settings: "KafkaSettings") -> dict[str, Any]:
    """Keyword arguments for any aiokafka client. Raises OSError when the CA file cannot be read."""
    found: dict[str, Any] = {"bootstrap_servers": settings.kafka, "security_protocol": settings.kafka_security_protocol}
    if settings.kafka_security_protocol in ("SSL", "SASL_SSL"):
        found["ssl_context"] = ssl.create_default_context(cafile=settings.kafka_tls_ca)
    if settings.kafka_security_protocol.startswith("SASL"):
        password = settings.kafka_sasl_password
        found |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_sasl_username,
            "sasl_plain_password": password.get_secret_value() if password else None,
        }
    return found


@lru_cache(maxsize=65536)
def partition_of(key: str, partitions: int) -> int:
    """The partition of a record key, as Kafka's own partitioner draws it."""
    return int(murmur2(key.encode()) & 0x7FFFFFFF) % partitions
