"""Rewrite `kafka.lock` when Kafka moves: `python -m chairside.embedded.lock`, a developer's tool."""

import hashlib
from pathlib import Path

import jgo

KAFKA = "org.apache.kafka:kafka_2.13:4.1.1"
LOGGING = "org.slf4j:slf4j-simple:1.7.36"
"""The binding of the API version Kafka brings; a 2.x binding stays silent."""
LOCK = Path(__file__).with_name("kafka.lock")


def main() -> None:
    """Resolve Kafka's jars and write each one's sha256 and repository path. Needs the network."""
    lines = set()
    for artifact in jgo.resolve(f"{KAFKA}+{LOGGING}"):
        folder = f"{artifact.groupId.replace('.', '/')}/{artifact.artifactId}/{artifact.version}"
        digest = hashlib.sha256(Path(artifact.resolve()).read_bytes()).hexdigest()
        lines.add(f"{digest}  {folder}/{artifact.filename}")
    LOCK.write_text("\n".join(sorted(lines, key=lambda line: line.split()[1])) + "\n")
    print(f"{LOCK}: {len(lines)} jars")


if __name__ == "__main__":
    main()
