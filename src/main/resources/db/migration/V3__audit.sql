-- What happened, who did it, and who was handed which token. Rows are added and never changed; what is
-- too old is purged by the schema's owner. Both tables are partitioned by month (UTC).

create sequence audit_seq;

create table audit_event (
    id          bigint      not null default nextval('audit_seq'),
    occurred_at timestamptz not null default clock_timestamp(),
    event       text        not null,
    actor_kind  text        not null
                check (actor_kind in ('caller', 'admin', 'officer', 'broker', 'unknown')),
    actor_name  text,
    -- By name, not by id: what happened to an agency is known for longer than the agency.
    agency      text,
    caller      text,
    request_id  text,
    details     jsonb       not null default '{}',
    primary key (occurred_at, id)
) partition by range (occurred_at);

create index audit_event_agency on audit_event (agency, occurred_at, id) where agency is not null;
create index audit_event_caller on audit_event (caller, occurred_at, id) where caller is not null;
create index audit_event_event on audit_event (event, occurred_at, id);

-- How often one process handed a token of an agency to a caller, within one minute.
create table handout_count (
    id         bigint      not null default nextval('audit_seq'),
    first_at   timestamptz not null,
    last_at    timestamptz not null,
    -- Null where more were counted at once than could be told apart.
    agency     text,
    caller     text        not null,
    generation bigint      not null,
    hand_outs  bigint      not null,
    primary key (first_at, id)
) partition by range (first_at);

create index handout_count_agency on handout_count (agency, first_at, id);
create index handout_count_caller on handout_count (caller, first_at, id);

-- The application's role may not change or delete rows anyway. This is for where one role does
-- everything, and for mistakes of the owner.
create function audit_refuse_change() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and current_setting('broker.audit_purge', true) = 'on' then
        return old;
    end if;
    raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;

create trigger audit_append_only before update or delete on audit_event
    for each row execute function audit_refuse_change();
create trigger audit_append_only before update or delete on handout_count
    for each row execute function audit_refuse_change();
create trigger audit_no_truncate before truncate on audit_event
    for each statement execute function audit_refuse_change();
create trigger audit_no_truncate before truncate on handout_count
    for each statement execute function audit_refuse_change();

-- The net below: a row always finds a place, also if no month was made ahead.
create table audit_event_default partition of audit_event default;
create table handout_count_default partition of handout_count default;

create trigger audit_no_truncate before truncate on audit_event_default
    for each statement execute function audit_refuse_change();
create trigger audit_no_truncate before truncate on handout_count_default
    for each statement execute function audit_refuse_change();

-- Makes the partitions of this month and the next two. It runs as its owner, so that the application,
-- which may not make tables, can have it done; it takes nothing from its caller, and looks up no name
-- that another role could have put in the way.
--
-- Made apart and then attached: that waits for no reader or writer of other months, and locks only the
-- empty net. Rows that fell into the net move to where they belong.
create function audit_create_partitions() returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set timezone = 'UTC'
    set lock_timeout = '2s'
as $$
declare
    home   constant text := '${flyway:defaultSchema}';
    parent text;
    field  text;
    begins timestamptz;
    ends   timestamptz;
    child  text;
begin
    perform pg_advisory_xact_lock(hashtext('audit_create_partitions'));
    perform set_config('broker.audit_purge', 'on', true);
    foreach parent in array array['audit_event', 'handout_count'] loop
        field := case parent when 'audit_event' then 'occurred_at' else 'first_at' end;
        for ahead in 0..2 loop
            begins := date_trunc('month', clock_timestamp()) + make_interval(months => ahead);
            ends := begins + interval '1 month';
            child := parent || to_char(begins, '_YYYY_MM');
            continue when to_regclass(format('%I.%I', home, child)) is not null;
            execute format(
                'create table %1$I.%2$I (like %1$I.%3$I including defaults including constraints'
                || ' including indexes)', home, child, parent);
            execute format(
                'with moved as (delete from %1$I.%2$I where %3$I >= %4$L and %3$I < %5$L returning *)'
                || ' insert into %1$I.%6$I select * from moved',
                home, parent || '_default', field, begins, ends, child);
            execute format(
                'alter table %1$I.%2$I attach partition %1$I.%3$I for values from (%4$L) to (%5$L)',
                home, parent, child, begins, ends);
            execute format(
                'create trigger audit_no_truncate before truncate on %1$I.%2$I'
                || ' for each statement execute function %1$I.audit_refuse_change()', home, child);
        end loop;
    end loop;
    perform set_config('broker.audit_purge', 'off', true);
end
$$;

-- Drops the months that ended before the given time; returns how many tables those were.
create function audit_drop_months(before timestamptz) returns bigint
    language plpgsql
    set search_path = pg_catalog, pg_temp
    set timezone = 'UTC'
    -- Whoever writes meanwhile waits for no longer than this.
    set lock_timeout = '5s'
as $$
declare
    home    constant text := '${flyway:defaultSchema}';
    child   text;
    dropped bigint := 0;
begin
    for child in
        select c.relname
          from pg_inherits i
          join pg_class c on c.oid = i.inhrelid
         where i.inhparent in (format('%I.audit_event', home)::regclass,
                               format('%I.handout_count', home)::regclass)
           and c.relname ~ '_[0-9]{4}_[0-9]{2}$'
           and to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month' <= before
    loop
        execute format('drop table %I.%I', home, child);
        dropped := dropped + 1;
    end loop;
    return dropped;
end
$$;

-- Deletes the rows before the given time; returns how many those were.
create function audit_delete(before timestamptz) returns bigint
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    events bigint;
    counts bigint;
begin
    perform set_config('broker.audit_purge', 'on', true);
    delete from "${flyway:defaultSchema}".audit_event where occurred_at < before;
    get diagnostics events = row_count;
    delete from "${flyway:defaultSchema}".handout_count where first_at < before;
    get diagnostics counts = row_count;
    perform set_config('broker.audit_purge', 'off', true);
    return events + counts;
end
$$;

-- See application-role.sql for who may call it besides the owner.
revoke execute on function audit_create_partitions() from public;
revoke execute on function audit_drop_months(timestamptz) from public;
revoke execute on function audit_delete(timestamptz) from public;

select audit_create_partitions();
