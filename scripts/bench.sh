#!/usr/bin/env bash
# Runs every script in bench/, or those named: scripts/bench.sh lots_intake
set -euo pipefail
cd "$(dirname "$0")/.."

names=("$@")
if [ ${#names[@]} -eq 0 ]; then
    for file in bench/[a-z]*.py; do
        name="$(basename "$file" .py)"
        # What is not run from the command line is a helper of the others.
        grep -q '__main__' "$file" && names+=("$name")
    done
fi
for name in "${names[@]}"; do
    echo "== $name"
    .venv/bin/python -m "bench.$name"
done
