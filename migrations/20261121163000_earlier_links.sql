-- A mail that was sent again holds another token: the one in the first copy stays good until the link is used.
alter table links
    -- SHA-256 of the tokens of earlier copies
    add column earlier_hashes bytea[] not null default '{}';

create index links_earlier_hashes on links using gin (earlier_hashes);
