# Run once, by PostgreSQL's image, when it makes its database: the role that the broker serves as.
psql --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" \
  --set=password="$(cat /run/secrets/token-broker/database-password)" <<'SQL'
create role broker login password :'password';
SQL
