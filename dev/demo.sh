#!/usr/bin/env bash
# What zyn is for, in one minute: a program of three tasks, its state machines as the compiler
# makes them, the tasks stepped poll by poll with their fields, and the verdict that names the
# task that can never go on.  Ends with 0 when everything shown was as it has to be.
set -euo pipefail
cd "$(dirname "$0")/.."

bin=.venv/bin
program=examples/three_tasks.zyntax
shown=build/demo
mkdir -p "$shown"

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  export FORCE_COLOR=1
  bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[1;31m' off=$'\e[0m'
else
  bold='' dim='' green='' red='' off=''
fi

title() { printf '\n%s%s%s\n%s%s%s\n\n' "$bold" "$1" "$off" "$dim" "$2" "$off"; }

# Runs a command, shows it and what it prints, keeps that as text, and holds its exit code against
# the first argument.
run() {
  local expected=$1 name=$2 code=0
  shift 2
  printf '%s$%s%s\n\n' "$dim" "$(quoted "$@")" "$off"
  "$bin/$1" "${@:2}" 2>&1 | tee "$shown/$name.raw" || code=${PIPESTATUS[0]}
  sed $'s/\e\\[[0-9;]*m//g' "$shown/$name.raw" >"$shown/$name.txt"
  [ "$code" -eq "$expected" ] || wrong "$1 ended with $code instead of $expected"
}

# The words of a command as one would type them.
quoted() {
  local word
  for word in "$@"; do
    case $word in *[!a-zA-Z0-9_./=-]*) printf " '%s'" "$word" ;; *) printf ' %s' "$word" ;; esac
  done
}

# Every further argument is a pattern that what was shown has to contain.
expect() {
  local name=$1 pattern
  shift
  for pattern in "$@"; do
    grep -Eq -- "$pattern" "$shown/$name.txt" || wrong "nothing shown matches: $pattern"
  done
}

wrong() {
  printf '\n%sdemo: %s%s\n' "$red" "$1" "$off" >&2
  exit 1
}

line() { grep -nF -- "$1" "$program" | cut -d: -f1; }

title "The program" "two tasks that add up and wait, and one that waits for ever"
sed -n '/^async/,$p' "$program"

title "Its state machines" "which variables survive which await, and where they lie in the frame"
run 0 explain zyn explain "$program" worker
expect explain worker total

title "Stepped poll by poll" \
  "the first task and what it awaits, with the fields of their frames; the others run along"
run 3 polls zyn-dap exec "$program" --step-polls 5 --timeout 60 --trace "$shown/polls.json"
expect polls 'poll 1 .*main #1' 'total +i32 +00 00 00 00 +0$' 'total +i32 +01 00 00 00 +1  was 0' \
  'total +i32 +02 00 00 00 +2  was 1' 'worker #2' 'poll 4 .*waits for task 2' \
  "deadlock" "lost #3 waits at line $(line 'await pending') for nothing" \
  "main #1 waits at line $(line 'await third') for task 3"

title "Stopped where a condition holds" \
  "a breakpoint, an expression, and a bad end left out of account"
run 0 break zyn-dap exec "$program" --break "$(line 'total = total'):step == 10 and i == 2" \
  --print 'total + step' --fail-on failure,leak --timeout 60
expect break 'breakpoint .*worker #2' 'total \+ step = 30' 'i +i32 +2'

printf '\n%sdemo: everything shown is as it has to be%s\n' "$green" "$off"
