#!/bin/sh
# Run pytest with these arguments. If at most two tests fail, each is run twice more, alone, and
# counts as passed if it passes both times: some 300 visits by a real browser, two at a time on
# whatever machine, are not to be refused for one that hung, and a defect that shows in every
# third visit still fails. What failed the first time stays in what is printed.
set -u
cd "$(dirname "$0")/.." || exit 1
pytest=".venv/bin/python -m pytest"
failures=.pytest_cache/v/cache/lastfailed
first=$(mktemp) || exit 1
trap 'rm -f "$first"' EXIT

rm -f "$failures"
$pytest "$@"
ended=$?
[ "$ended" = 1 ] && [ "$(grep -c ': true' "$failures")" -le 2 ] || exit "$ended"
cp "$failures" "$first"
for try in second third; do
  cp "$first" "$failures"
  echo "tried_again: alone, for the $try time:" && grep ': true' "$first"
  $pytest "$@" -n 0 --last-failed --last-failed-no-failures none || exit
done
