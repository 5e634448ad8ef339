-- The processes that are alive. Each writes its own row every ten seconds and deletes it when it ends; rows
-- that were left behind are deleted by the others. Nothing depends on them: they are for people to look at.

create table replica (
    -- The name under which it holds leases.
    id              text        primary key,
    host            text        not null,
    version         text        not null,
    started_at      timestamptz not null,
    last_seen       timestamptz not null,
    -- Answers of Active911 in its journal: the database does not hold them yet.
    journal_entries integer     not null,
    -- Whether it hears of changes at once, and not only when it asks.
    listening       boolean     not null
);
