-- Words of posts and names come from the tokenizer of the server (`search::tokens`) instead of the parser of Postgres. Rows
-- that an older instance or plain SQL writes get the words of before at once (the functions of `search.sql`), and those of
-- the tokenizer from the background work. So do all rows there are: nothing is rewritten here.

alter table post_words
    -- of the text that the words were taken from
    add column body_hash bigint not null default 0,
    -- the version of the tokenizer that made the words; 0 for the parser of Postgres
    add column tokenizer smallint not null default 0;

-- At the end of the transaction: a verb that wrote the words itself is left alone.
drop trigger posts_keep_words on posts;
drop trigger posts_keep_words_of_edits on posts;

create or replace function posts_keep_words() returns trigger language plpgsql as $$
begin
    insert into post_words as w (post_id, language, words, body_hash, tokenizer)
    select p.id, l.language, post_words_of(p.id, l.language, p.body), hashtextextended(p.body, 0), 0
    from posts p cross join lateral (select post_language(p.body) as language) l
    where p.id = new.id and not exists (
        select 1 from post_words k where k.post_id = p.id and k.body_hash = hashtextextended(p.body, 0)
    )
    on conflict (post_id) do update set
        language = excluded.language, words = excluded.words, body_hash = excluded.body_hash, tokenizer = 0;
    return null;
end $$;

create constraint trigger posts_keep_words after insert on posts deferrable initially deferred
    for each row execute function posts_keep_words();
create constraint trigger posts_keep_words_of_edits after update of body on posts deferrable initially deferred
    for each row when (old.body is distinct from new.body) execute function posts_keep_words();

-- The words of a post: its stretches, the lexemes of the tokenizer with their positions, and the stems of its words.
create function search_words(post_id bigint, language text, lexemes text, words text) returns tsvector
language sql stable as $$
    select array_to_tsvector(array(select post_stretch(post_id, size) from generate_series(12, 24, 2) size))
           || lexemes::tsvector || strip(to_tsvector(language::regconfig, words))
$$;

-- One word in its forms, separated by spaces: the first as the tokenizer has it, each by its stem in any language.
create function search_word(languages text[], word text) returns tsquery language plpgsql stable as $$
declare
    met tsquery := quote_literal(split_part(word, ' ', 1))::tsquery;
    language text;
    form text;
begin
    foreach language in array languages loop
        foreach form in array string_to_array(word, ' ') loop
            met := met || plainto_tsquery(language::regconfig, form);
        end loop;
    end loop;
    return met;
end $$;

-- A search: all of the words and phrases, none of the excluded ones. Phrases are in the input syntax of tsquery. Null if
-- there is nothing to look for.
create function search_query(languages text[], words text[], phrases text[], no_words text[], no_phrases text[])
returns tsquery language plpgsql stable set client_min_messages = warning as $$
declare
    required tsquery := '';
    excluded tsquery := '';
    part text;
begin
    foreach part in array words loop required := required && search_word(languages, part); end loop;
    foreach part in array phrases loop required := required && part::tsquery; end loop;
    foreach part in array no_words loop excluded := excluded || search_word(languages, part); end loop;
    foreach part in array no_phrases loop excluded := excluded || part::tsquery; end loop;
    if numnode(required) = 0 then return null; end if;
    return case when numnode(excluded) = 0 then required else required && !!excluded end;
end $$;

-- Names: written by the server, too.
alter table users
    alter column name_line drop expression,
    alter column name_words drop expression,
    add column name_tokenizer smallint not null default 0;

create function users_keep_name() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and new.username = old.username and new.display_name = old.display_name then
        return new;
    end if;
    new.name_line := name_line(new.username || ' ' || new.display_name);
    new.name_words := array_to_tsvector(string_to_array(new.name_line, ' '));
    new.name_tokenizer := 0;
    return new;
end $$;

create trigger users_keep_name before insert or update of username, display_name on users
    for each row execute function users_keep_name();
