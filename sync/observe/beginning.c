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

bool
beginning_matches(const struct run *run, const struct local_file *file, uint64_t file_size, uint64_t size,
                  const unsigned char wire[static DIGEST_SIZE], bool text)
{
    const struct local_ops *ops = run->local.ops;
    struct digest *digest = digest_new();
    struct digests digests;
    struct error ignored = {0};
    uint64_t left = size;
    char bytes[16384];
    void *handle = NULL;
    bool missing, same = digest != NULL && digest_reset(digest, false) && size < file_size &&
                         ops->read_open(run->local.self, file, &handle, &missing, &ignored) && handle != NULL;

    while (same && left > 0) {
        size_t want = left < sizeof bytes ? (size_t)left : sizeof bytes, got = 0;

        same = ops->read(run->local.self, handle, bytes, want, &got, &ignored) && got != 0 &&
               digest_add(digest, bytes, got);
        left -= got;
    }
    same = same && digest_finish(digest, &digests) && memcmp(digests.wire, wire, DIGEST_SIZE) == 0 &&
           (!text || text_follows(run, handle));
    if (handle != NULL)
        ops->read_close(run->local.self, handle);
    digest_free(digest);
    return same;
}
