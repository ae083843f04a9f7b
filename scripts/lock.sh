#!/usr/bin/env bash
# Resolves the dependencies of pyproject.toml and writes both lock files, with hashes and without any address.
set -euo pipefail
cd "$(dirname "$0")/.."

# new dependencies are not in the lock files yet, so that a plain set-up would refuse to start
[ -x .venv/bin/pip-compile ] || { python3 -m venv .venv && .venv/bin/pip install --quiet pip-tools; }

compile() {
    .venv/bin/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header \
        --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options \
        --build-deps-for editable "$@" pyproject.toml
}

compile --output-file requirements.lock
compile --extra dev --constraint requirements.lock --output-file requirements-dev.lock

if grep -nE '://|^--' requirements.lock requirements-dev.lock; then
    echo "lock: an address or an option got into a lock file (see above)." >&2
    exit 1
fi
echo "Wrote requirements.lock and requirements-dev.lock."
