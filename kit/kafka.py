"""How every client of this house reaches Kafka: address, TLS and SASL, from settings."""

import ssl
from typing import TYPE_CHECKING, Any

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
