-- What somebody did, newest first; of those without a name, such as the broker itself, by their kind.
create index audit_event_actor on audit_event ((coalesce(actor_name, actor_kind)), occurred_at, id);
