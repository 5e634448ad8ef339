-- The span in which a lease was won (W3C traceparent), so that a replica that waits for its holder can link to what it
-- waits for. Empty while traces are off.

alter table agency_grant add column lease_traceparent text;
