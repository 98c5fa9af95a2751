#!/bin/sh
# Puts a copy of the store in the place of a store that is lost. Redis reads no copy where it is to append, so it reads
# this one without appending, and begins to append to it then; only a store that did so wholly is left behind.
set -eu
data="${DATA_DIR:-/data}" socket="${SOCKET:-/tmp/restore.sock}"
if ! [ -f "$FROM" ]; then
  echo "there is no $FROM, but:" >&2
  ls "$(dirname "$FROM")" >&2
  exit 1
fi
redis-check-rdb "$FROM"
if [ -e "$data/appendonlydir" ]; then
  if [ "$REPLACE" != yes ]; then
    echo "$data holds a store already: set REPLACE to yes to put it aside" >&2
    exit 1
  fi
  mv "$data/appendonlydir" "$data/appendonlydir.$(date -u +%Y%m%dT%H%M%SZ)"
fi
cp "$FROM" "$data/dump.rdb"
redis-server --dir "$data" --dbfilename dump.rdb --appendonly no --save "" --port 0 --unixsocket "$socket" &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
ask() { redis-cli -s "$socket" "$@"; }
until [ "$(ask ping 2>/dev/null)" = PONG ]; do
  kill -0 "$server"
  sleep 0.2
done
[ "$(ask config set appendonly yes)" = OK ]
until ask info persistence | tr -d '\r' | grep -qx 'aof_rewrite_in_progress:0' &&
  ask info persistence | tr -d '\r' | grep -qx 'aof_rewrite_scheduled:0'; do
  sleep 0.2
done
ask info persistence | tr -d '\r' | grep -qx 'aof_last_bgrewrite_status:ok'
echo "restored $(ask dbsize | tr -d '\r') keys from $FROM"
ask shutdown nosave >/dev/null || true
trap - EXIT
wait "$server" || true
rm "$data/dump.rdb"
