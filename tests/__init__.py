"""Tests: unit, integration, contract, story, failure, architecture."""
