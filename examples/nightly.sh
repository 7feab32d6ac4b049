#!/bin/sh
# The last days up to this morning's midnight, one run a day: what is there already is not done again, and what came late is.
#   nightly.sh JOB.toml [DAYS]     (7 days if left out; the rest of the line goes to offduty run)
# Dates are taken by the clock of TZ, which should be the policy's zone. Needs GNU date.
set -eu
job=$1
days=${2:-7}
shift
[ $# -eq 0 ] || shift
exec offduty run "$job" --from "$(date -d "$days days ago" +%F)" --to "$(date +%F)" --each day "$@"
