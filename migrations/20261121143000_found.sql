-- Whose pages search engines are not told of: few, so what leaves them out looks through these and not through everybody.
create index users_suspended on users (id) where suspended_at is not null;
