/* See beginning.h. */
#include "sync/observe/beginning.h"

/* Two whole messages may differ only in empty lines at their ends: neither is a part of the other. */
static bool
text_follows(const struct run *run, void *handle)
{
    char bytes[4096];
    struct error ignored = {0};

    for (;;) {
        size_t got = 0;

        if (!run->local.ops->read(run->local.self, handle, bytes, sizeof bytes, &got, &ignored) || got == 0)
            return false;
        for (size_t i = 0; i < got; i++) {
            if (bytes[i] != '\r' && bytes[i] != '\n')
                return true;
        }
    }
}

/* Bytes of the file, into the digest where there is one. */
static bool
pass_bytes(const struct run *run, void *handle, uint64_t count, struct digest *digest)
{
    struct error ignored = {0};
    char bytes[16384];
    bool ok = true;

    while (ok && count > 0) {
        size_t want = count < sizeof bytes ? (size_t)count : sizeof bytes, got = 0;

        ok = run->local.ops->read(run->local.self, handle, bytes, want, &got, &ignored) && got != 0 &&
             (digest == NULL || digest_add(digest, bytes, got));
        count -= got;
    }
    return ok;
}

bool
beginning_matches(const struct run *run, const struct local_file *file, uint64_t file_size,
                  const struct beginning *beginning)
{
    const struct local_ops *ops = run->local.ops;
    struct digest *digest = digest_new();
    struct digests digests;
    struct error ignored = {0};
    void *handle = NULL;
    bool missing, same = digest != NULL && digest_reset(digest, false) && beginning->from <= file_size &&
                         beginning->size < file_size - beginning->from &&
                         ops->read_open(run->local.self, file, &handle, &missing, &ignored) && handle != NULL &&
                         pass_bytes(run, handle, beginning->from, NULL) &&
                         pass_bytes(run, handle, beginning->size, digest);

    same = same && digest_finish(digest, &digests) && memcmp(digests.wire, beginning->wire, DIGEST_SIZE) == 0 &&
           (!beginning->text || text_follows(run, handle));
    if (handle != NULL)
        ops->read_close(run->local.self, handle);
    digest_free(digest);
    return same;
}
