-- Tags are looked up by how they begin: by their letters and not by the rules of a language.
alter table post_tags alter column tag type text collate "C";

-- The tags that most people used within the last week, counted in the background by whichever copy comes first.
create table lively_tags (
    tag text collate "C" primary key,
    people bigint not null,
    posts bigint not null
);

-- When they were counted last. One row, which a copy that counts takes in hand.
create table lively_counted (
    only_row boolean primary key default true,
    at timestamptz not null default 'epoch',
    constraint lively_counted_one_row check (only_row)
);
insert into lively_counted default values;
