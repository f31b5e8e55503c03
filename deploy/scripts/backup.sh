#!/bin/sh
# Everything that cannot be made again, into one folder: backup.sh FOLDER
# With LAPIDARY_DATABASE_URL it dumps PostgreSQL; without, it copies the SQLite home (LAPIDARY_HOME) while it runs.
set -eu

target="${1:?usage: backup.sh FOLDER}"
home="${LAPIDARY_HOME:-.lapidary}"
stamp="$target/$(date -u +%Y%m%dT%H%M%SZ)"
umask 077
mkdir -p "$stamp"

# The database first, the media after it: every file that the copied rows name is then in the copy.
if [ -n "${LAPIDARY_DATABASE_URL:-}" ]; then
  pg_dump --format=custom --file="$stamp/database.dump" "$LAPIDARY_DATABASE_URL"
else
  python3 - "$home/lapidary.sqlite3" "$stamp/lapidary.sqlite3" <<'PYTHON'
import sqlite3, sys
source, copy = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True), sqlite3.connect(sys.argv[2])
source.backup(copy)
PYTHON
  [ ! -f "$home/secret_key" ] || cp -p "$home/secret_key" "$stamp/"
  [ ! -f "$home/demo.json" ] || cp -p "$home/demo.json" "$stamp/"
fi
[ ! -d "$home/media" ] || tar -C "$home" -cf "$stamp/media.tar" media
(cd "$stamp" && sha256sum -- * > SHA256SUMS)
echo "$stamp"
