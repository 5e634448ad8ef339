-- Every bytea column named *_token holds a Tink AEAD ciphertext whose associated data is
-- '<table>/<row id>/<column>': a value that is moved to another row or column cannot be read.
-- Times are the database's clock.

create sequence agency_seq;

create table agency (
    id                    bigint      primary key,
    slug                  text        not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    name                  text        not null,
    scope_requested       text        not null,
    expected_active911_id text,
    contact               text,
    paused                boolean     not null default false,
    created_at            timestamptz not null default now(),
    -- See the end of this file.
    changed_xid           xid8        not null default pg_current_xact_id()
);

-- One consent of one agency and the tokens won with it. No row: the agency was never connected.
create table agency_grant (
    agency_id                bigint      primary key references agency on delete cascade,
    -- Which consent this is: a new one at every connection, so that an answer to an older
    -- consent's refresh cannot be taken for one of this.
    connection_id            uuid        not null,
    kind                     text        not null check (kind in ('APPLICATION', 'PERSONAL')),
    state                    text        not null check (state in ('CONNECTED', 'NEEDS_CONSENT')),
    active911_id             text        not null,
    active911_name           text        not null,
    scope_granted            text        not null,
    refresh_token            bytea       not null,
    refresh_token_hash       bytea       not null,
    previous_refresh_token   bytea,
    access_token             bytea       not null,
    -- Counts the access tokens stored for this agency; names a token in its ETag.
    generation               bigint      not null,
    access_token_expires_at  timestamptz not null,
    refresh_token_expires_at timestamptz not null,
    last_refreshed_at        timestamptz not null,
    next_refresh_at          timestamptz not null,
    consecutive_failures     integer     not null default 0,
    last_error               text,
    last_error_at            timestamptz,
    -- When a token that was still valid was last refreshed because somebody asked for it.
    forced_at                timestamptz,
    -- Who may present the refresh token now, and until when nobody else may.
    lease_owner              text,
    lease_until              timestamptz,
    lease_generation         bigint      not null default 0,
    -- The token that the last holder set out to present; cleared when its answer is settled.
    presented_hash           bytea,
    presented_at             timestamptz,
    presented_by             text,
    -- When somebody else set out to present the same token before, whose answer was never settled.
    rival_presented_at       timestamptz,
    -- See the end of this file.
    changed_xid              xid8        not null default pg_current_xact_id()
);

-- Which agency a refresh token belongs to, before it is imported a second time.
create index agency_grant_refresh_token on agency_grant (refresh_token_hash);

create index agency_grant_due on agency_grant (next_refresh_at) where state = 'CONNECTED';

-- Consents won from Active911 that are not (yet) the agency's grant.
create table candidate (
    id                       text        primary key,
    agency_id                bigint      not null references agency on delete cascade,
    kind                     text        not null check (kind in ('APPLICATION', 'PERSONAL')),
    reason                   text        not null,
    -- Whether any Active911 agency will do where neither the expected nor the former one is known.
    any_agency               boolean     not null,
    active911_id             text,
    active911_name           text,
    scope_granted            text        not null,
    refresh_token            bytea       not null,
    access_token             bytea       not null,
    access_token_expires_at  timestamptz not null,
    refresh_token_expires_at timestamptz not null,
    created_at               timestamptz not null,
    expires_at               timestamptz not null
);

create index candidate_agency on candidate (agency_id);
create index candidate_expiry on candidate (expires_at);

-- Authorization requests under way (RFC 6749 section 4.1.1), found by the hash of their state.
create table authorization_request (
    state_hash   bytea       primary key,
    cookie_hash  bytea       not null,
    agency_id    bigint      not null references agency on delete cascade,
    -- The admin who started it.
    started_by   text        not null,
    scope        text        not null,
    created_at   timestamptz not null default now(),
    expires_at   timestamptz not null,
    consumed_at  timestamptz
);

create index authorization_request_expiry on authorization_request (expires_at);

-- What the page after the callback says; read by whoever has its id.
create table callback_result (
    id             text        primary key,
    outcome        text        not null,
    agency_slug    text        not null,
    agency_name    text        not null,
    active911_name text,
    created_at     timestamptz not null default now()
);

create index callback_result_age on callback_result (created_at);

create sequence caller_seq;

create table caller (
    id                  bigint      primary key,
    name                text        not null unique check (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    issuer              text,
    subject             text,
    certificate_subject text,
    all_agencies        boolean     not null default false,
    created_at          timestamptz not null default now()
);

-- By slug, not by id: an agency may be granted before it exists.
create table caller_agency (
    caller_id   bigint not null references caller on delete cascade,
    agency_slug text   not null,
    primary key (caller_id, agency_slug)
);

create index caller_agency_slug on caller_agency (agency_slug);

create table caller_key (
    key_id     text        primary key,
    caller_id  bigint      not null references caller on delete cascade,
    hash       bytea       not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz
);

create index caller_key_caller on caller_key (caller_id);

-- Console sessions, found by the hash of their cookie.
create table console_session (
    id_hash    bytea       primary key,
    admin      text        not null,
    key_hash   bytea       not null,
    created_at timestamptz not null,
    last_seen  timestamptz not null
);

create index console_session_age on console_session (created_at);

-- What every replica has to hear of, since it holds it in memory. Each change leaves the id of the
-- transaction that made it. A replica remembers the oldest transaction that was still running when it
-- last looked, and asks for all that changed since then: whatever was not committed at that time is
-- not older, so nothing is missed.

create function mark_changed() returns trigger language plpgsql as $$
begin
    new.changed_xid := pg_current_xact_id();
    return new;
end
$$;

create trigger agency_changed before update on agency
    for each row execute function mark_changed();

-- Not of the lease and the marker: memory holds neither.
create trigger agency_grant_changed
    before update of connection_id, state, access_token, access_token_expires_at, generation,
                     scope_granted, next_refresh_at on agency_grant
    for each row execute function mark_changed();

create index agency_changed_xid on agency (changed_xid);
create index agency_grant_changed_xid on agency_grant (changed_xid);

create table agency_removed (
    slug        text        not null,
    removed_at  timestamptz not null default now(),
    changed_xid xid8        not null default pg_current_xact_id()
);

create index agency_removed_changed_xid on agency_removed (changed_xid);

create function mark_removed() returns trigger language plpgsql as $$
begin
    insert into agency_removed (slug) values (old.slug);
    return null;
end
$$;

create trigger agency_removed after delete on agency
    for each row execute function mark_removed();

-- Callers, their keys and grants are read as a whole, so one mark does for all of them.
create table caller_mark (
    changed_xid xid8 not null
);

insert into caller_mark values (pg_current_xact_id());

create function mark_callers() returns trigger language plpgsql as $$
begin
    update caller_mark set changed_xid = pg_current_xact_id();
    return null;
end
$$;

create trigger caller_changed after insert or update or delete on caller
    for each statement execute function mark_callers();
create trigger caller_agency_changed after insert or update or delete on caller_agency
    for each statement execute function mark_callers();
create trigger caller_key_changed after insert or update or delete on caller_key
    for each statement execute function mark_callers();
