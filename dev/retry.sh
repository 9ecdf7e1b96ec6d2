#!/usr/bin/env bash
# Run a command that fetches from a registry, up to three times:
#   dev/retry.sh COMMAND [ARGUMENT ...]
# One that fails each time does not fail by chance: its exit code is given on.
set -uo pipefail
for wait in 5 20 0; do
  "$@" && exit
  code=$?
  [ "$wait" = 0 ] && break
  echo "failed with $code, again in $wait s: $*" >&2
  sleep "$wait"
done
echo "failed three times, with $code at last: $*" >&2
echo "is the registry there? npm asks $(npm config get registry 2>/dev/null || echo none)" >&2
exit "$code"
