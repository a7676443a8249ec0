/*
 * A golub.conf. What is read is complete and within its limits; what is refused is refused with ERROR_CONFIG and words.
 */
#include <assert.h>

#include "config/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
is_clean(const char *text)
{
    return text == NULL || text[strcspn(text, "\r\n")] == '\0';
}

static void
look_at_account(const struct settings *settings, const struct configured *one)
{
    const struct account *account = &one->account;
    const struct connection *to = &account->connection;

    assert(account->name != NULL && account->name[0] != '\0' && strchr(account->name, '/') == NULL);
    assert(settings_find((struct settings *)settings, account->name) == one);
    assert(one->line > 0);
    assert(to->host != NULL || to->tunnel != NULL);
    assert(to->host == NULL || to->port != 0);
    assert(is_clean(to->host) && is_clean(to->user));
    assert(to->timeout_s > 0);
    assert(account->state != NULL && account->state[0] == '/');
    assert(account->maildir == NULL ? account_is_pop(account) : account->maildir[0] == '/');
    if (to->tls == TLS_NONE && to->tunnel == NULL)
        assert(to->scheme == SCHEME_IMAP || to->scheme == SCHEME_POP3);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char path[64];
    struct error err = {0};

    if (path[0] == '\0') {
        assert(text_print(path, sizeof path, "/tmp/golub-fuzz-%d.conf", (int)getpid()));
        (void)setenv("HOME", "/home/ana", 1);
        (void)setenv("XDG_STATE_HOME", "/state", 1);
    }
    FILE *file = fopen(path, "wb");
    assert(file != NULL);
    assert(size == 0 || fwrite(data, 1, size, file) == size);
    assert(fclose(file) == 0);
    struct settings *settings = settings_load(path, &err);
    (void)unlink(path);
    assert(settings != NULL || (err.kind == ERROR_CONFIG && err.what[0] != '\0'));
    if (settings != NULL)
        assert(settings->count > 0);
    for (size_t i = 0; settings != NULL && i < settings->count; i++)
        look_at_account(settings, &settings->accounts[i]);
    settings_free(settings);
    return 0;
}
