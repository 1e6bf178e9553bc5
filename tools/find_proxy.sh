#!/bin/sh
# Print the path of an HAProxy that starts, for the test of replicas.
#
#   find_proxy.sh               look for one; where there is none, install Debian's (as root)
#   find_proxy.sh --no-install  only look
#
# Finding none is no error, except when CI=true: the test skips and says so.
set -u
try() {
  for name in "${HAPROXY:-haproxy}" /usr/sbin/haproxy; do
    program=$(command -v "$name" 2>/dev/null) || continue
    "$program" -v >/dev/null 2>&1 || continue
    echo "$program"
    exit 0
  done
}

try
if [ "${1:-}" != --no-install ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -q && apt-get install -q -y --no-install-recommends haproxy; } </dev/null >&2
  try
fi
echo "find_proxy: no HAProxy was found or could be installed: install one, or set HAPROXY" >&2
[ "${CI:-}" != true ] || exit 1
