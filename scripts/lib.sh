# Sourced by the other scripts: where things live, and how to speak to the person.
# shellcheck shell=bash
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

# Tools are kept outside the clone, so that a second clone finds them.
cache=${RUNLEDGER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/runledger}
tools=$cache/tools
export PATH="$tools/bin:$root/node_modules/.bin:$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"

# Absolute, so that cargo, cargo-leptos and the server mean the same folder wherever they are started.
CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}
[[ $CARGO_TARGET_DIR == /* ]] || CARGO_TARGET_DIR=$root/$CARGO_TARGET_DIR
export CARGO_TARGET_DIR
export LEPTOS_SITE_ROOT=$CARGO_TARGET_DIR/site
# shellcheck disable=SC2034 # used by the scripts that source this
server=$CARGO_TARGET_DIR/release/runledger

say() { printf '==> %s\n' "$*" >&2; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# The folder of the newest PostgreSQL server programs; nothing where there are none.
postgres_bin() {
  local dir
  for dir in "${RUNLEDGER_POSTGRES_BIN:-}" $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV) \
    "$(dirname "$(command -v initdb || echo /none/none)")"; do
    if [[ -n $dir && -x $dir/initdb && -x $dir/pg_ctl ]]; then
      printf '%s' "$dir"
      return
    fi
  done
}

# The browser that the tests drive; nothing where there is none.
chromium_path() {
  local name
  for name in "${RUNLEDGER_CHROMIUM:-}" chromium chromium-browser google-chrome-stable google-chrome; do
    if [[ -n $name ]] && type -P "$name"; then
      return
    fi
  done
}
