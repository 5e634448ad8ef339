-- Lets the application's role do what serving needs, and nothing else: read and write all tables, but
-- only read and add to the audit trail, and only read the schema's version. To be run by the schema's owner after each migration; the
-- command 'migrate' does so where BROKER_DATABASE_APPLICATION_ROLE is set. By hand:
--
--   psql -c "set broker.application_role = 'broker'" -f application-role.sql
do $$
declare
    grantee constant text := current_setting('broker.application_role');
    item record;
begin
    if grantee = current_user then
        raise exception 'the application''s role must be another one than the owner''s';
    end if;
    execute format('grant usage on schema %I to %I', current_schema(), grantee);
    for item in
        select relname as name, relkind as kind, relispartition as is_partition
          from pg_class
         where relnamespace = current_schema()::regnamespace
           and relowner = current_user::regrole
           and relkind in ('r', 'p', 'S')
    loop
        if item.kind = 'S' then
            execute format('grant usage on sequence %I to %I', item.name, grantee);
            continue;
        end if;
        execute format('revoke all on table %I from %I', item.name, grantee);
        if item.is_partition then
            continue; -- reached through its parent, whose rights count
        elsif item.name = 'flyway_schema_history' then
            -- Which version the schema has, so that the broker does not serve one that is too old.
            execute format('grant select on table %I to %I', item.name, grantee);
        elsif item.name in ('audit_event', 'handout_count') then
            execute format('grant select, insert on table %I to %I', item.name, grantee);
        else
            execute format('grant select, insert, update, delete on table %I to %I', item.name, grantee);
        end if;
    end loop;
    execute format('grant execute on function audit_create_partitions() to %I', grantee);
end
$$;
