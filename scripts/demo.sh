#!/usr/bin/env bash
# Deletes the embedded database and loads the demo season anew.
set -euo pipefail
cd "$(dirname "$0")/.."

database="${CHAIN_VAR_DIR:-var}/chain.db"
if [ -n "${DATABASE_URL:-}" ]; then
    echo "demo: DATABASE_URL is set; this only rebuilds the embedded database. Use chain demo with it." >&2
    exit 1
fi
if [ -e "$database" ]; then
    if [ "${FORCE:-}" != 1 ]; then
        read -r -p "Delete $database and everything in it? Write yes: " answer || answer=""
        [ "$answer" = yes ] || { echo "Nothing was changed."; exit 1; }
    fi
    # Whoever has the file open would go on working on what was deleted. SQLite lets nobody change the journal then.
    .venv/bin/python -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=1).execute("PRAGMA journal_mode=DELETE")' \
        "$database" 2>/dev/null || {
        echo "demo: a running Chain has $database open, or it is no database. End Chain (Ctrl-C) first." >&2
        exit 1
    }
    rm -f -- "$database" "$database-wal" "$database-shm"
fi
.venv/bin/chain db upgrade
.venv/bin/chain demo
