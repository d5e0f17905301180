"""The runtime all services share: it knows Kafka, PostgreSQL and HTTP, and no clinic word."""
