-- Notices by webhook and mail: what is said, to whom it has still to be sent, and what has been said before.

-- Since when an agency's refreshes fail, one after the other; null: the last one did not. A trigger, so that it is right
-- whichever statement counts a failure, and of whichever release.
alter table agency_grant add column failing_since timestamptz;
update agency_grant set failing_since = coalesce(last_error_at, clock_timestamp())
 where consecutive_failures > 0;

create function mark_failing() returns trigger language plpgsql as $$
begin
    new.failing_since :=
        case when new.consecutive_failures > 0 then coalesce(old.failing_since, clock_timestamp()) end;
    return new;
end
$$;

create trigger agency_grant_failing
    before update of consecutive_failures on agency_grant
    for each row when (old.consecutive_failures <> new.consecutive_failures)
    execute function mark_failing();

create index agency_grant_gone on agency_grant (agency_id) where state = 'NEEDS_CONSENT';
create index agency_grant_ending on agency_grant (refresh_token_expires_at) where state = 'CONNECTED';

create table notice (
    -- The webhook-id: by it a receiver knows a notice that he has had before.
    id         uuid        primary key,
    kind       text        not null,
    -- By name: null where it is about the broker, or about many agencies.
    agency     text,
    -- Whether it says of many agencies what else would be said of each.
    gathered   boolean     not null,
    -- Exactly what a webhook is sent, each time.
    body       text        not null,
    created_at timestamptz not null
);

create index notice_recent on notice (kind, created_at);
create index notice_age on notice (created_at);

create table notice_delivery (
    notice_id       uuid        not null references notice on delete cascade,
    channel         text        not null check (channel in ('webhook', 'mail', 'contact')),
    -- How often it was claimed; also names the claim that may settle it.
    attempts        integer     not null default 0,
    -- When to claim it next. A claim moves it on, so that nobody else does meanwhile.
    next_attempt_at timestamptz not null,
    attempted_at    timestamptz,
    delivered_at    timestamptz,
    given_up_at     timestamptz,
    -- Our name for why the last attempt came to nothing.
    last_error      text,
    -- The invitation that goes along with a letter to an agency's contact.
    invitation_id   text        references invitation on delete set null,
    primary key (notice_id, channel)
);

create index notice_delivery_due on notice_delivery (next_attempt_at)
    where delivered_at is null and given_up_at is null;
create index notice_delivery_attempted on notice_delivery (channel, attempted_at);
create index notice_delivery_invitation on notice_delivery (invitation_id)
    where invitation_id is not null;

-- What has been said, so that it is said once: of a connection, a candidate, a threshold. What is over and was said to be
-- is deleted, and can be said anew.
create table notice_said (
    kind      text        not null,
    ref       text        not null,
    agency_id bigint      references agency on delete cascade,
    said_at   timestamptz not null,
    primary key (kind, ref)
);

create index notice_said_agency on notice_said (agency_id);
