#!/bin/sh
# Makes the secrets of the compose file, once: infra/compose/secrets, readable for the owner and the containers' group alone.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
secrets="$here/secrets"
mkdir -p "$secrets"
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
make() { [ -s "$secrets/$1" ] || printf '%s' "$2" >"$secrets/$1"; }
make influx-password "$(random)"
make influx-token "$(random)"
make grafana-password "$(random)"
token=$(cat "$secrets/influx-token")
printf 'INFLUX_TOKEN=%s\n' "$token" >"$secrets/centre.env"
printf 'INFLUX_AUTHORIZATION=Token %s\n' "$token" >"$secrets/grafana.env"
# Compose gives files as they are: the users of the containers must be able to read them.
chmod 755 "$secrets"
chmod 644 "$secrets"/*
echo "secrets are in $secrets; Grafana: admin, password in grafana-password"
