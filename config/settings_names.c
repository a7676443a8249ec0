/* The keys of an account that name mailboxes for something: what they are for, and how their folders are called. */
#include "config/settings_loader.h"

#include "sync/rules/special.h"

/* One word each. */
static bool
take_special(struct loader *loader, const struct special_named **out)
{
    const cfg_t *section;
    cfg_opt_t *opt = loader_find(loader, "special", &section);
    const size_t count = opt != NULL ? cfg_opt_size(opt) : 0;
    char name[LIMIT_MAILBOX_NAME + 1];
    struct special_named *named;

    if (opt == NULL)
        return true;
    named = loader_keep(loader, calloc(count + 1, sizeof named[0]));
    for (size_t i = 0; named != NULL && i < count; i++) {
        if (!special_parse(cfg_opt_getnstr(opt, (unsigned)i), &named[i].use, name, loader->err))
            return loader_refuse_error(loader, "special");
        named[i].name = loader_keep(loader, strdup(name));
        if (named[i].name == NULL)
            return false;
    }
    if (named != NULL && !special_is_sound(named, loader->err))
        return loader_refuse_error(loader, "special");
    *out = named;
    return named != NULL;
}

bool
keys_names(struct loader *loader, struct policy *policy)
{
    return take_special(loader, &policy->special);
}
