#!/bin/sh
# Plans today of every county folder, several at a time. One that fails stops no other, and fails the job at the end.
set -eu
export CUNTONG_CA="${CUNTONG_CA:-/run/secrets/tls/ca.crt}" CUNTONG_TOKEN_FILE="${CUNTONG_TOKEN_FILE:-/run/secrets/token/token}"
find "$COUNTIES" -mindepth 1 -maxdepth 1 -type d ! -name lost+found ! -name '.*' -print0 | sort -z | xargs -0 -r -P "$AT_ONCE" -I{} sh -c '
  name=$(basename "$1")
  if [ -e "$PAPERS/$name/$(TZ=Asia/Shanghai date +%F)/plan.json" ]; then
    echo "$name: planned already"
  elif said=$(cuntong plan "$1" --out "$PAPERS/$name" --budget "$BUDGET_S" --consolidation "$CONSOLIDATION" \
      --route "$ROUTE" --language en 2>&1); then
    echo "$name: planned"
  else
    echo "$name: FAILED" && echo "$said" | tail -n 20
    exit 1
  fi
' plan-one {}
