-- What the sweeper looks for: rows old enough to lose their address.
create index audit_events_places on audit_events (at) where ip is not null;
