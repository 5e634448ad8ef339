-- Those whose last refresh failed, by when they are due: few, and looked for at each claim. Without it
-- that look reads everything that is due, which after an outage is everything.
create index agency_grant_due_failing on agency_grant (next_refresh_at)
 where state = 'CONNECTED' and consecutive_failures > 0;
