#!/usr/bin/env bash
# Prepares a machine: Python, system packages and the virtual environment, each only when missing.
#   scripts/setup.sh run    what the product needs
#   scripts/setup.sh test   that, and what the tests need: Chromium, PostgreSQL server, pdftoppm, hledger
set -euo pipefail
cd "$(dirname "$0")/.."

purpose="${1:-run}"
venv=.venv
oldest=11 # Python 3.11

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "" "setup: $*"
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        sudo "$@"
    else
        return 126
    fi
}

apt_updated=""
apt_lists() {
    [ -z "$apt_updated" ] || return 0
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update >/dev/null ||
        say "setup: apt-get update did not work; trying with the lists at hand."
    apt_updated=yes
}

apt_install() {
    command -v apt-get >/dev/null ||
        fail "these system packages are missing and this is not Debian or Ubuntu; install their like by hand: $*"
    say "setup: installing system packages: $*"
    apt_lists
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$@" >/dev/null ||
        fail "could not install them. Run this as somebody who may, then start again:
    apt-get install $*"
}

# --- Python -----------------------------------------------------------------------------------------------------------

is_recent() { "$1" -c "import sys; sys.exit(sys.version_info < (3, $oldest))" 2>/dev/null; }

find_python() {
    local name
    for name in "${PYTHON:-}" python3 python3.13 python3.12 python3.11; do
        if [ -n "$name" ] && command -v "$name" >/dev/null && is_recent "$name"; then
            command -v "$name"
            return
        fi
    done
    fail "Python 3.$oldest or later is needed and was not found (python3 is $(command -v python3 >/dev/null && python3 --version || echo missing)).
Install it, or point to it: PYTHON=/path/to/python3 make run"
}

has_venv() { "$1" -c 'import venv, ensurepip' 2>/dev/null; }

make_venv() {
    local python
    python="$(find_python)"
    if ! has_venv "$python"; then
        # Debian ships venv apart, once per Python version.
        apt_install "python3.$("$python" -c 'import sys; print(sys.version_info.minor)')-venv"
        has_venv "$python" || fail "$python has no venv module, and the package that should bring it did not."
    fi
    say "setup: making the virtual environment with $("$python" --version)"
    "$python" -m venv --clear "$venv"
}

# --- System packages --------------------------------------------------------------------------------------------------

has_library() {
    # Whatever ldconfig does not list may still be found through the loader's path.
    { ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null; } | grep -F "$1" >/dev/null && return
    "$venv/bin/python" -c "import ctypes; ctypes.CDLL('$1')" 2>/dev/null
}

missing_for_run() {
    has_library libpango-1.0.so.0 || echo libpango-1.0-0
    has_library libpangoft2-1.0.so.0 || echo libpangoft2-1.0-0
    has_library libharfbuzz-subset.so.0 || echo libharfbuzz-subset0
    { fc-list 2>/dev/null || ls /usr/share/fonts/truetype/dejavu; } 2>/dev/null | grep -i dejavu >/dev/null || echo fonts-dejavu-core
}

has_postgresql() {
    command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null
}

find_chromium() {
    command -v "${CHAIN_CHROMIUM:-chromium-headless-shell}" || command -v chromium || command -v chromium-browser ||
        command -v google-chrome
}

# Ubuntu's package of that name is an empty shell around a snap, which no container can run.
apt_has_chromium() { ! grep -qi '^ID=ubuntu' /etc/os-release 2>/dev/null; }

# The one without windows, where the system has it: browser tests take a quarter less time.
chromium_package() {
    apt_lists
    if apt-cache show chromium-headless-shell >/dev/null 2>&1; then echo chromium-headless-shell; else echo chromium; fi
}

missing_for_test() {
    if ! find_chromium >/dev/null && apt_has_chromium; then chromium_package; fi
    command -v pdftoppm >/dev/null || echo poppler-utils
    command -v hledger >/dev/null || echo hledger
    has_postgresql || echo postgresql
}

install_system() {
    local -a packages=()
    mapfile -t packages < <("$@")
    [ ${#packages[@]} -gt 0 ] || return 0
    if [[ " ${packages[*]} " == *" postgresql "* ]] && command -v apt-get >/dev/null; then
        # The tests start a server of their own; the package must not set up a permanent one.
        as_root mkdir -p /etc/postgresql-common/createcluster.d
        echo "create_main_cluster = false" |
            as_root tee /etc/postgresql-common/createcluster.d/chain-tests.conf >/dev/null
    fi
    apt_install "${packages[@]}"
}

# --- Libraries --------------------------------------------------------------------------------------------------------

# The lock and what pip reads of pyproject.toml; settings of linters do not count.
fingerprint() { { cat "$1" && sed '/^\[tool\./,$d' pyproject.toml; } | sha256sum | cut -d' ' -f1; }

# Names of installed packages that a lock file does not name: an earlier one did, and pytest loads every plugin that it finds.
strangers() {
    "$venv/bin/python" - "$1" <<'PYTHON'
import re, sys
from importlib.metadata import distributions

plain = lambda name: re.sub(r"[-_.]+", "-", name).lower()
with open(sys.argv[1], encoding="utf-8") as lock:
    named = {plain(found[1]) for line in lock if (found := re.match(r"([A-Za-z0-9._-]+)==", line))}
kept = named | {"pip", "setuptools", "wheel", "chain"}
print("\n".join(sorted({plain(one.metadata["Name"]) for one in distributions()} - kept)))
PYTHON
}

# $1: lock file, $2: stamp. The stamp holds the lock's hash, so that a second start is quick.
install_lock() {
    local wanted
    wanted="$(fingerprint "$1") $(pwd)"
    [ -f "$2" ] && [ "$(cat "$2")" = "$wanted" ] && return
    say "setup: installing the libraries of $1 (a few minutes the first time)"
    # The lock is complete, so nothing is resolved here; `pip check` proves that it is.
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r "$1" ||
        fail "the libraries could not be installed; is there a network?"
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e . ||
        fail "the package itself could not be installed."
    local -a left=()
    mapfile -t left < <(strangers requirements-dev.lock | sed '/^$/d')
    if [ ${#left[@]} -gt 0 ]; then
        say "setup: removing what no lock file names any more: ${left[*]}"
        "$venv/bin/python" -m pip uninstall -qq --yes --disable-pip-version-check "${left[@]}" ||
            fail "the virtual environment holds packages of an earlier version; delete $venv and start again."
    fi
    "$venv/bin/python" -m pip check >/dev/null || fail "the lock file is not complete: run make lock."
    printf '%s' "$wanted" >"$2"
}

# Where the system has no Chromium to offer, Playwright brings its own.
install_browser() {
    find_chromium >/dev/null && return
    [ -f "$venv/.stamp-browser" ] && return
    say "setup: letting Playwright install Chromium"
    as_root "$venv/bin/python" -m playwright install-deps chromium >/dev/null ||
        say "setup: the libraries of Chromium could not be checked; going on."
    "$venv/bin/python" -m playwright install chromium >/dev/null || fail "Chromium could not be installed."
    touch "$venv/.stamp-browser"
}

[ -x "$venv/bin/python" ] && is_recent "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1 || make_venv
install_system missing_for_run
if [ "$purpose" = test ]; then
    install_system missing_for_test
    install_lock requirements-dev.lock "$venv/.stamp-test"
    install_browser
    # The development lock holds all of the other one, at the same versions.
    printf '%s' "$(fingerprint requirements.lock) $(pwd)" >"$venv/.stamp-run"
else
    install_lock requirements.lock "$venv/.stamp-run"
fi
