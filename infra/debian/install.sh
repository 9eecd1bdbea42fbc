#!/bin/sh
# The centre on a plain Debian 12 host: InfluxDB 1.6.7 and mosquitto of Debian, systemd units, no containers.
#   sudo infra/debian/install.sh            installs, makes users and secrets, starts
#   DESTDIR=DIR infra/debian/install.sh     lays all files under DIR and touches nothing else
# Run again after an update of the project: secrets, data and configuration stay.
set -eu

source=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
dest=${DESTDIR:-}
app=/opt/brest-centre
data=/var/lib/brest-centre
agent=edge-1
site=brest

say() { printf '%s\n' "$*"; }
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
install_file() { mkdir -p "$dest$(dirname "$2")" && cp "$1" "$dest$2"; }

if [ -z "$dest" ]; then
  [ "$(id -u)" = 0 ] || { say 'this needs root: sudo infra/debian/install.sh'; exit 1; }
  say 'installing packages'
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends influxdb mosquitto nodejs npm ca-certificates
  id brest-centre >/dev/null 2>&1 || useradd --system --home-dir "$data" --shell /usr/sbin/nologin brest-centre
fi

say "copying the project to $app"
mkdir -p "$dest$app" "$dest$data/config" "$dest$data/secrets"
tar -C "$source" --exclude=./node_modules --exclude=./var --exclude=./.git --exclude='./infra/compose/secrets' -cf - . | tar -C "$dest$app" -xf -

say 'secrets'
umask 077
for user in "$agent" ingest; do
  file="$dest$data/secrets/mosquitto-$user"
  [ -s "$file" ] || random >"$file"
done
umask 022

say 'mosquitto: who may say what'
install_file "$source/infra/debian/mosquitto.conf" /etc/mosquitto/conf.d/brest.conf
mkdir -p "$dest/etc/mosquitto"
sed -e "s/@AGENT@/$agent/g" -e "s/@SITE@/$site/g" "$source/infra/debian/mosquitto.acl" >"$dest/etc/mosquitto/brest.acl"
passwords="$dest/etc/mosquitto/brest.passwd"
umask 077
: >"$passwords"
for user in "$agent" ingest; do
  printf '%s:%s\n' "$user" "$(cat "$dest$data/secrets/mosquitto-$user")" >>"$passwords"
done
umask 022
mosquitto_passwd -U "$passwords"

say 'configuration'
config="$dest$data/config"
[ -e "$config/services.yaml" ] || cat >"$config/services.yaml" <<EOF
ingest:
  broker:
    url: mqtt://127.0.0.1:1883
    username: ingest
    passwordFile: $data/secrets/mosquitto-ingest
store:
  kind: influxdb
  url: http://127.0.0.1:8086
EOF
[ -e "$config/edge-agent.yaml" ] || cat >"$config/edge-agent.yaml" <<EOF
mqtt:
  url: mqtt://127.0.0.1:1883
  username: $agent
  passwordFile: $data/secrets/mosquitto-$agent
EOF

say 'systemd'
install_file "$source/infra/debian/brest-centre.service" /etc/systemd/system/brest-centre.service
install_file "$source/infra/debian/brest-ingest@.service" /etc/systemd/system/brest-ingest@.service
# InfluxDB answers this host alone.
mkdir -p "$dest/etc/systemd/system/influxdb.service.d"
cat >"$dest/etc/systemd/system/influxdb.service.d/brest.conf" <<'EOF'
[Service]
Environment=INFLUXDB_HTTP_BIND_ADDRESS=127.0.0.1:8086
Environment=INFLUXDB_REPORTING_DISABLED=true
EOF

if [ -d "$dest/etc/grafana" ]; then
  say 'Grafana is here: its dashboards'
  mkdir -p "$dest/etc/grafana/brest-dashboards"
  cp "$source"/dashboards/grafana/dashboards/*.json "$dest/etc/grafana/brest-dashboards/"
  cp -R "$source/dashboards/grafana/provisioning/." "$dest/etc/grafana/provisioning/"
fi

if [ -n "$dest" ]; then
  say "everything lies under $dest"
  exit 0
fi

chown -R brest-centre:brest-centre "$data" "$app"
chown mosquitto: "$passwords" /etc/mosquitto/brest.acl
cd "$app"
# npm of Debian fetches the packages, the project's own pinned Node among them; that one runs everything.
su -s /bin/sh brest-centre -c 'npm ci --no-audit --no-fund && node_modules/.bin/node infra/bootstrap/build.js'
systemctl daemon-reload
systemctl enable --now influxdb mosquitto
systemctl restart influxdb mosquitto
systemctl enable brest-centre
systemctl restart brest-centre
say 'Dashboard: http://127.0.0.1:8080/   logs: journalctl -u brest-centre'
