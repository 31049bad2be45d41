-- Searching people by rough spelling needs trigrams. The extension is a trusted one: whoever may create objects in the
-- database may create it.
do $$ begin
    create extension if not exists pg_trgm;
exception when insufficient_privilege or undefined_file or feature_not_supported then
    raise exception 'the extension pg_trgm is missing: have an administrator of the database run "create extension pg_trgm"'
        using detail = sqlerrm, errcode = sqlstate;
end $$;

-- A name as it is searched, in any script: marks off the letters, small, one space for whatever is no letter.
create function name_line(name text) returns text language sql immutable parallel safe as $$
    select trim(regexp_replace(
        lower(regexp_replace(normalize(name, NFKD), '[\u0300-\u036f\u200b-\u200f]+', '', 'g')),
        '[\s\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u2000-\u206f\u3000-\u303f]+', ' ', 'g'
    ))
$$;

-- Generated, so that they are right whichever copy of the server writes a name.
alter table users
    add column name_line text not null generated always as (name_line(username || ' ' || display_name)) stored,
    add column name_words tsvector not null generated always as (
        array_to_tsvector(string_to_array(name_line(username || ' ' || display_name), ' '))
    ) stored;

create index users_name_words on users using gin (name_words);
create index users_name_line on users using gin (name_line gin_trgm_ops);

-- People whose names are spelled roughly like it, at most so many and in no order. A function because the threshold
-- is a setting: two letters that changed places must still be found.
create function users_spelled_like(spelling text, most bigint) returns setof bigint
language sql stable parallel safe rows 500 set pg_trgm.word_similarity_threshold = 0.4 as $$
    select id from users where spelling <% name_line limit most
$$;

-- For which languages words are stemmed: what KITH_LANGUAGES said when posts were last indexed.
create table search_languages (
    only_row boolean primary key default true,
    -- names of text search configurations
    names text[] not null,
    constraint search_languages_one_row check (only_row)
);
insert into search_languages (names) values ('{english}');

-- The words of a post, as they are searched. Beside posts and not in it: a post's row is written at every like. Kept by
-- triggers and not by verbs: an older copy of the server beside this one keeps them too.
create table post_words (
    post_id bigint primary key references posts on delete cascade,
    -- The text search configuration its words were stemmed by. (As text: a regconfig stands in the way of pg_upgrade.)
    language text not null,
    words tsvector not null
);

-- Where a post stands, as a word that nobody can type (it has a space in it): the stretch of 2^size ids it is among.
-- Asked for besides, it holds a search to that stretch of the index, and to what that costs.
create function post_stretch(post_id bigint, size int) returns text language sql immutable parallel safe as $$
    select size || ' ' || (post_id >> size)
$$;

-- Whichever of the languages has the most of its small words (the, of; der, und) in the text; the first of equals.
create function post_language(body text) returns text language plpgsql stable as $$
declare
    languages text[] := (select names from search_languages);
begin
    if cardinality(languages) = 1 then return languages[1]; end if;
    return (
        select name from (
            select name, place, (select sum(cardinality(positions)) from unnest(to_tsvector(name::regconfig, body))) as kept
            from unnest(languages) with ordinality as l (name, place)
        ) either
        order by kept nulls first, place limit 1
    );
end $$;

create function post_words_of(post_id bigint, language text, body text) returns tsvector language sql stable as $$
    select array_to_tsvector(array(select post_stretch(post_id, size) from generate_series(12, 24, 2) size))
           || to_tsvector('simple', body) || to_tsvector(language::regconfig, body)
$$;

create function posts_keep_words() returns trigger language plpgsql as $$
begin
    insert into post_words as w (post_id, language, words)
    select new.id, l.language, post_words_of(new.id, l.language, new.body)
    from (select post_language(new.body) as language) l
    on conflict (post_id) do update set language = excluded.language, words = excluded.words;
    return null;
end $$;

create trigger posts_keep_words after insert on posts for each row execute function posts_keep_words();
create trigger posts_keep_words_of_edits after update of body on posts for each row
    when (old.body is distinct from new.body) execute function posts_keep_words();

create function post_word(languages text[], word text) returns tsquery language plpgsql stable as $$
declare
    met tsquery := plainto_tsquery('simple', word);
    language text;
begin
    foreach language in array languages loop met := met || plainto_tsquery(language::regconfig, word); end loop;
    return met;
end $$;

-- What is asked for: every one of the words and phrases, and none of those that are refused. A word is met as it is
-- written or by its stem in any of the languages; a phrase as it is written. Null when nothing is left to look for.
create function post_query(languages text[], words text[], phrases text[], no_words text[], no_phrases text[])
returns tsquery language plpgsql stable set client_min_messages = warning as $$
declare
    asked tsquery := '';
    refused tsquery := '';
    part text;
begin
    foreach part in array words loop asked := asked && post_word(languages, part); end loop;
    foreach part in array phrases loop asked := asked && phraseto_tsquery('simple', part); end loop;
    foreach part in array no_words loop refused := refused || post_word(languages, part); end loop;
    foreach part in array no_phrases loop refused := refused || phraseto_tsquery('simple', part); end loop;
    if numnode(asked) = 0 then return null; end if;
    return case when numnode(refused) = 0 then asked else asked && !!refused end;
end $$;
