#!/bin/sh
# Print the path of a Chromium that starts, for the browser tests.
#
#   find_browser.sh               look for one; where there is none, install one
#   find_browser.sh --no-install  only look
#
# Order: $CHROMIUM, programs on PATH, Chrome on macOS, Playwright's own,
# then Debian's package (as root), then Playwright's download.
# Finding none is no error, except when CI=true: the tests skip and say so.
set -u
cd "$(dirname "$0")/.." || exit 1
python=.venv/bin/python

say() { echo "find_browser: $*" >&2; }

# Print it and stop if it starts. Ubuntu's stub without its snap does not.
try() {
  program=$(command -v "$1" 2>/dev/null) || return 1
  "$program" --version >/dev/null 2>&1 || return 1
  echo "$program"
  exit 0
}

try_playwright() {
  [ -x "$python" ] || return 1
  found=$("$python" -c 'from playwright.sync_api import sync_playwright as start
with start() as p: print(p.chromium.executable_path)' 2>/dev/null) || return 1
  try "$found"
}

look() {
  for name in chromium chromium-browser google-chrome google-chrome-stable; do try "$name"; done
  try "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
  try "/Applications/Chromium.app/Contents/MacOS/Chromium"
}

if [ -n "${CHROMIUM:-}" ]; then
  try "$CHROMIUM"
  say "CHROMIUM is set to '$CHROMIUM', which does not start"
  exit 1
fi
look
try_playwright

if [ "${1:-}" != --no-install ]; then
  if [ "$(id -u)" = 0 ] && grep -q '^ID=debian' /etc/os-release 2>/dev/null; then
    say "installing Debian's chromium"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -q && apt-get install -q -y --no-install-recommends chromium; } </dev/null >&2
    look
  fi
  if [ -x "$python" ]; then
    say "installing Playwright's Chromium"
    "$python" -m playwright install chromium </dev/null >&2
    try_playwright
  fi
fi

say "no Chromium or Chrome was found or could be installed: the browser tests cannot run." \
  "Install one, or set CHROMIUM to its path."
[ "${CI:-}" != true ] || exit 1
