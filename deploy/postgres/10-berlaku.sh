#!/usr/bin/env bash
# Runs once, when PostgreSQL makes its data folder: a role that is no superuser
# and a database of its own.
set -euo pipefail
psql --username postgres --no-psqlrc --set ON_ERROR_STOP=1 --set "password=$(cat /run/secrets/postgres_password)" <<'SQL'
CREATE ROLE berlaku LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
CREATE DATABASE berlaku OWNER berlaku ENCODING 'UTF8';
REVOKE ALL ON DATABASE berlaku FROM PUBLIC;
SQL
