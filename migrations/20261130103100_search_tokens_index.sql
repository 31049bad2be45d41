-- Both are nearly empty once the background work is done: what it looks for.
create index post_words_outdated on post_words (post_id) where tokenizer = 0;
create index users_name_outdated on users (id) where name_tokenizer = 0;
