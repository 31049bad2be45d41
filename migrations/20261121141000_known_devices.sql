-- In which of somebody's browsers a session was opened, so that the browser is a stranger again once the session was
-- ended as somebody else's. As in known_browsers: SHA-256 of the browser's token and the user's id. Null for sessions
-- and links from before this, and for those that an older copy of the server opens.
alter table sessions add column browser_hash bytea;
-- end_session: from which browser; what it has opened since ends too
alter table links add column browser_hash bytea;
