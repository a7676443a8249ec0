/* See options_keyword.h. */
#include "config/options_keyword.h"

#include "store/base/flags.h"

static const char usage[] = "golub keyword list [ACCOUNT[/MAILBOX]]..., or golub keyword FILE... [+WORD|-WORD]...";

bool
options_begin_files(const char *const *words, size_t count)
{
    return count == 2 && strcmp(words[0], "keyword") == 0 && strcmp(words[1], "list") != 0;
}

bool
options_is_keyword(const struct options *options, size_t at)
{
    return at != 0 && (options->rest[at][0] == '+' || options->rest[at][0] == '-');
}

static bool
check_word(const char *written, struct error *err)
{
    const struct text word = text_of(written + 1);

    if (strncmp(written, "--", 2) == 0) {
        error_state(err, ERROR_CONFIG, "behind the first file there are no options: %.100s", written);
        error_hint(err, "Options go before it; every -WORD behind it is a keyword that is taken off.");
        return false;
    }
    if (flag_from_imap(word) != 0 || (word.len > 0 && word.at[0] == '\\')) {
        error_state(err, ERROR_CONFIG, "%.100s is a flag, no keyword", written + 1);
        error_hint(err, "Flags are letters of the file's name: your mail reader sets them.");
        return false;
    }
    if (keyword_is_legal(word))
        return true;
    error_state(err, ERROR_CONFIG, "no keyword that a server could have: %.100s", written);
    error_hint(err, "ASCII letters, digits and signs, no blank and none of ( ) { ] %% * \" \\, at most %d.",
               KEYWORD_MAX);
    return false;
}

bool
options_take_keyword(struct options *options, struct error *err)
{
    if (options->command != COMMAND_KEYWORD)
        return true;
    if (options->write)
        return true; /* names of accounts and mailboxes, or none */
    if (options->name_count == 0) {
        error_state(err, ERROR_CONFIG, "golub keyword needs a file, or the word list");
        error_hint(err, "%s", usage);
        return false;
    }
    if (strcmp(options->names[0], "list") == 0) {
        options->names++;
        options->name_count--;
        return true;
    }
    options->rest = options->names;
    options->rest_count = options->name_count;
    options->name_count = 0;
    for (size_t i = 1; i < options->rest_count; i++) {
        if (options_is_keyword(options, i) && !check_word(options->rest[i], err))
            return false;
    }
    return true;
}
