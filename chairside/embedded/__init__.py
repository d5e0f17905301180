"""The real Apache Kafka and PostgreSQL, run as children that die with their parent."""
