#!/bin/sh
# start.sh server|sentinel: writes the configuration of a Valkey server or of the Sentinel beside it, and starts it.
# The password is REDISCLI_AUTH, which valkey-cli reads, too.
set -eu
umask 077
name=stockcast
me="$HOSTNAME.valkey"
server=/data/server sentinel=/data/sentinel/sentinel.conf

# Prints the host of the primary: the one that a Sentinel names; else the one that the Sentinel of this pod knew at its
# last end; else, at the very first start, the first pod. The other order could begin with the data of an old replica.
primary() {
  for number in 0 1 2; do
    found=$(timeout 2 valkey-cli -h "valkey-$number.valkey" -p 26379 --raw \
      sentinel get-master-addr-by-name "$name" 2>/dev/null | head -n 1) || true
    case "$found" in valkey-*) echo "$found" && return ;; esac
  done
  found=
  if [ -e "$sentinel" ]; then found=$(sed -n "s/^sentinel monitor $name \([^ ]*\) .*/\1/p" "$sentinel"); fi
  echo "${found:-valkey-0.valkey}"
}

case "$1" in
  server)
    mkdir -p "$server"
    now=$(primary)
    {
      # One replica must have confirmed within the last seconds, or a primary that is cut off would go on alone.
      printf '%s\n' "dir $server" "port 6379" "appendonly yes" "appendfsync everysec" 'save ""' "maxmemory 384mb" \
        "maxmemory-policy noeviction" "min-replicas-to-write 1" "min-replicas-max-lag 5" \
        "replica-announce-ip $me" "requirepass $REDISCLI_AUTH" "masterauth $REDISCLI_AUTH"
      if [ "$now" != "$me" ]; then echo "replicaof $now 6379"; fi
    } >"$server/valkey.conf"
    exec valkey-server "$server/valkey.conf"
    ;;
  sentinel)
    mkdir -p "${sentinel%/*}"
    if [ ! -e "$sentinel" ]; then
      now=$(primary)
      # A Sentinel waits until it can look its primary up.
      until getent hosts "$now" >/dev/null; do sleep 1; done
      printf '%s\n' "dir ${sentinel%/*}" "port 26379" "sentinel resolve-hostnames yes" \
        "sentinel announce-hostnames yes" "sentinel announce-ip $me" "sentinel monitor $name $now 6379 2" \
        "sentinel down-after-milliseconds $name 5000" "sentinel failover-timeout $name 30000" \
        "sentinel parallel-syncs $name 2" >"$sentinel"
    fi
    # Sentinel rewrites the file, so that it keeps what it knows; the password is the current one.
    grep -v -e '^requirepass ' -e '^user default ' -e '^sentinel auth-pass ' -e '^sentinel sentinel-pass ' "$sentinel" \
      >"$sentinel.new"
    printf '%s\n' "requirepass $REDISCLI_AUTH" "sentinel sentinel-pass $REDISCLI_AUTH" \
      "sentinel auth-pass $name $REDISCLI_AUTH" >>"$sentinel.new"
    mv "$sentinel.new" "$sentinel"
    exec valkey-server "$sentinel" --sentinel
    ;;
esac
