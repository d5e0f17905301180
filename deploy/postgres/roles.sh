#!/bin/sh
# One database and one role for each service, made when the volume is new; no role may open another's database.
set -eu
for file in /run/secrets/password_*; do
    service=${file#/run/secrets/password_}
    [ "$service" = postgres ] && continue
    SERVICE=$service PASSWORD=$(cat "$file") psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv service SERVICE
\getenv password PASSWORD
CREATE ROLE :"service" LOGIN PASSWORD :'password';
CREATE DATABASE :"service" OWNER :"service";
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
SQL
done
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres -c 'REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC'
