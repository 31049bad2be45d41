-- The words of the posts there are. In a file of its own: who writes meanwhile waits for no lock of it.
insert into post_words (post_id, language, words)
select p.id, l.language, post_words_of(p.id, l.language, p.body)
from posts p cross join lateral (select post_language(p.body) as language) l
on conflict (post_id) do nothing;
