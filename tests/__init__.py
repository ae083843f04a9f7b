"""Tests, one folder per lane; docs/development.md says what belongs where."""
