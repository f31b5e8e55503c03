#!/bin/sh
# The way back: restore.sh FOLDER-OF-ONE-BACKUP. Stop Lapidary first; the target must be empty.
set -eu

source="${1:?usage: restore.sh FOLDER}"
home="${LAPIDARY_HOME:-.lapidary}"
(cd "$source" && sha256sum --check --quiet SHA256SUMS)
umask 077
mkdir -p "$home"

if [ -f "$source/database.dump" ]; then
  pg_restore --exit-on-error --single-transaction --no-owner --dbname="${LAPIDARY_DATABASE_URL:?}" "$source/database.dump"
else
  if [ -e "$home/lapidary.sqlite3" ]; then
    echo "restore: $home has a database already; move it away first" >&2
    exit 1
  fi
  for name in lapidary.sqlite3 secret_key demo.json; do
    [ ! -f "$source/$name" ] || cp -p "$source/$name" "$home/"
  done
fi
[ ! -f "$source/media.tar" ] || tar -C "$home" -xf "$source/media.tar"
echo "restored into $home; now run: manage.py migrate, and manage.py verify_history"
