-- Named admins, beside the one of the configuration, and their keys.

create sequence admin_seq;

create table admin (
    id         bigint      primary key,
    -- The admin of the configuration has no row.
    name       text        not null unique
                           check (name ~ '^[a-z0-9][a-z0-9-]{0,62}$' and name <> 'bootstrap'),
    role       text        not null check (role in ('VIEWER', 'OPERATOR', 'ADMIN')),
    created_at timestamptz not null default now()
);

create table admin_key (
    key_id       text        primary key,
    admin_id     bigint      not null references admin on delete cascade,
    hash         bytea       not null,
    created_at   timestamptz not null default now(),
    expires_at   timestamptz,
    last_used_at timestamptz
);

create index admin_key_admin on admin_key (admin_id);

alter table caller_key add column last_used_at timestamptz;

-- Admins are read together with the callers, so the same mark does for them. That a key was used is no
-- change: it would have every replica read all of them again.
create trigger admin_changed after insert or update or delete on admin
    for each statement execute function mark_callers();
create trigger admin_key_changed
    after insert or update of key_id, admin_id, hash, expires_at or delete on admin_key
    for each statement execute function mark_callers();

drop trigger caller_key_changed on caller_key;
create trigger caller_key_changed
    after insert or update of key_id, caller_id, hash, expires_at or delete on caller_key
    for each statement execute function mark_callers();

-- A session was begun with an admin key, whose admin and role it has for as long as the key is valid; or
-- at the company's identity provider, whose word on the role holds for that session.
alter table console_session alter column key_hash drop not null;
alter table console_session add column role text check (role in ('VIEWER', 'OPERATOR', 'ADMIN'));
alter table console_session
    add constraint console_session_proof check ((key_hash is null) <> (role is null));
