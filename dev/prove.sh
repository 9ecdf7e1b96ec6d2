#!/usr/bin/env bash
# The long versions of what CI proves in seconds: the stateful tests with new and longer examples,
# the models with a higher bound, the C tests under every preset, and under valgrind those that
# start no threads.  A quarter of an hour on two cores, builds included, and as much again on a busy
# machine; a quarter of it is model_channel, and nearly as much model_team.
#
#   ZYN_PROVE_PREEMPTIONS   the bound of the models; 3
set -euo pipefail
cd "$(dirname "$0")/.."
bound=${ZYN_PROVE_PREEMPTIONS:-3}

step() { printf '\n== %s\n' "$*"; }

for preset in dev release asan-ubsan tsan; do
  step "the C tests, $preset"
  cmake --preset "$preset" >/dev/null
  cmake --build --preset "$preset" >/dev/null
  ctest --preset "$preset" --exclude-regex '^runtime\.model_'
done

step "the stateful tests, with new examples"
.venv/bin/python -m pytest --quiet --hypothesis-profile prove tests/runtime

if command -v valgrind >/dev/null; then
  for source in $(grep -L -e pthread_create -e 'workers = ' runtime/test/test_*.c); do
    name=$(basename "$source" .c)
    if [ "$name" = test_process ]; then
      step "valgrind $name: left out, valgrind does not know pidfd_open"
      continue
    fi
    step "valgrind $name"
    valgrind --quiet --leak-check=full --error-exitcode=1 "build/dev/runtime/$name" >/dev/null
  done
else
  step "valgrind is not installed: its part is left out"
fi

step "the models, at most $bound preemptions"
for model in build/release/runtime/test/model/model_*; do
  case $model in
  *.cmake | *_relaxed_* | *_unordered_*) continue ;; # planted bugs, which CI finds
  esac
  test -f "$model" && test -x "$model" || continue
  printf '\n%s\n' "$(basename "$model")"
  "$model" --preemptions "$bound"
done
