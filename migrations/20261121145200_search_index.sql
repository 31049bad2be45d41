create index post_words_words on post_words using gin (words);
