-- What all replicas share about calling Active911: one row, so that limits hold for the fleet and outlive
-- each process. Times are the database's clock.
create table upstream (
    only_row          boolean     primary key default true check (only_row),
    -- When the next call may go out at the configured rate.
    next_call_at      timestamptz not null default 'epoch',
    -- Active911 asked to be left alone until then (429, Retry-After).
    paused_until      timestamptz,
    -- Since when Active911 refuses our client id or secret; null: it takes them.
    client_refused_at timestamptz,
    -- When one agency may be tried again, to see whether it still does.
    next_probe_at     timestamptz not null default 'epoch'
);

insert into upstream default values;

-- When the present consent was won, so that an older one that turns up late does not replace it.
alter table agency_grant add column connected_at timestamptz;
update agency_grant set connected_at = last_refreshed_at;
alter table agency_grant alter column connected_at set not null;
