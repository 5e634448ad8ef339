-- One-time links with which an agency's officer, who has no key here, connects that one agency. Of the
-- link's secret only the hash is stored.
create table invitation (
    -- Names it to admins and in the audit trail; opens nothing.
    id          text        primary key,
    agency_id   bigint      not null references agency on delete cascade,
    secret_hash bytea       not null unique,
    -- The admin who made it.
    created_by  text        not null,
    created_at  timestamptz not null,
    expires_at  timestamptz not null,
    -- When a consent that was given through it was first kept.
    used_at     timestamptz,
    revoked_at  timestamptz
);

create index invitation_agency on invitation (agency_id);
create index invitation_expiry on invitation (expires_at);

-- Null: an admin began the flow, who is named in started_by.
alter table authorization_request
    add column invitation_id text references invitation on delete cascade;

create index authorization_request_invitation on authorization_request (invitation_id)
    where invitation_id is not null;

-- Whether an officer reads the page, who is told other things than an admin.
alter table callback_result add column by_officer boolean not null default false;
