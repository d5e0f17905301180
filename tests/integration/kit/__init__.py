"""The runtime on real Kafka and PostgreSQL."""
