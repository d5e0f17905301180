"""docs/flow.md: who talks to whom, drawn from the code."""

import importlib
import inspect
import pkgutil

import services
from schemas.catalogue import topics
from schemas.topic import Topic


def consumers() -> dict[str, list[str]]:
    """The services that listen to each topic, by topic name."""
    found: dict[str, list[str]] = {name: [] for name in topics()}
    for service in sorted(module.name for module in pkgutil.iter_modules(services.__path__)):
        app = importlib.import_module(f"services.{service}.app")
        heard: tuple[Topic, ...] = tuple(app.SERVICE.consumes) if hasattr(app, "SERVICE") else app.CONSUMES
        for topic in heard:
            found[topic.name].append(service)
    return found


def flow() -> str:
    """The page."""
    listening = consumers()
    lines = [
        "# Who talks to whom",
        "",
        "Generated from the code by `make update`; a test fails when it is stale.",
        "",
        "```mermaid",
        "flowchart LR",
    ]
    for topic in topics().values():
        lines += [f"    {topic.producer} -- {topic.name} --> {consumer}" for consumer in listening[topic.name]]
    lines += [
        "```",
        "",
        "| topic | said by | heard by | key | partitions | kept | after a rejected event |",
        "|---|---|---|---|---|---|---|",
    ]
    for topic in topics().values():
        heard = ", ".join(listening[topic.name]) or "observers only"
        wait = "later events of the key wait" if topic.on_rejected == "park" else "the stream goes on"
        lines.append(
            f"| `{topic.name}` | {topic.producer} | {heard} | {', else '.join(topic.key)} | {topic.partitions} "
            f"| {topic.retention.days} d | {wait} |"
        )
    for topic in topics().values():
        lines += ["", f"## {topic.name}", ""]
        lines += [f"- **{event.__name__}**: {inspect.getdoc(event)}" for event in topic.events]
    return "\n".join(lines) + "\n"
