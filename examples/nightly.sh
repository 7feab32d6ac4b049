#!/bin/sh
# Runs the last days up to midnight of today, one run for each day. Days that are done are not run again; days for which
# files came late are.
#   nightly.sh JOB.toml [DAYS]     (default: 7 days; further arguments are passed to offduty run)
# Dates are those of the time zone TZ, which should be the time zone of the policy. Needs GNU date.
set -eu
job=$1
days=${2:-7}
shift
[ $# -eq 0 ] || shift
exec offduty run "$job" --from "$(date -d "$days days ago" +%F)" --to "$(date +%F)" --each day "$@"
