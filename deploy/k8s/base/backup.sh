#!/bin/sh
# Copies the store while it runs. A copy has its name only when it is whole and redis-check-rdb has read it.
set -eu
REDISCLI_AUTH=$(cat "${PASSWORD_FILE:-/run/secrets/redis/password}")
export REDISCLI_AUTH
cd "${BACKUP_DIR:-/backup}"
# Room first, or a full volume would stay full; by number, so that copies that failed for weeks take no good one along.
rm -f cuntong-*.rdb.part
ls -1t cuntong-*.rdb 2>/dev/null | tail -n "+$KEEP" | xargs -r rm --
to="cuntong-$(date -u +%Y%m%dT%H%M%SZ).rdb"
redis-cli -h "$REDIS_HOST" -p "${REDIS_PORT:-6379}" --tls --cacert "${CA_FILE:-/run/secrets/tls/ca.crt}" --rdb "$to.part"
redis-check-rdb "$to.part"
mv "$to.part" "$to"
