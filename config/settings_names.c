/* The keys of an account that name mailboxes for something: what they are for, and how their folders are called. */
#include "config/settings_loader.h"

#include "sync/rules/names_map.h"

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

/* Each by itself. */
static bool
take_map(struct loader *loader, const struct names_mapped **out)
{
    const cfg_t *section;
    cfg_opt_t *opt = loader_find(loader, "map", &section);
    const size_t count = opt != NULL ? cfg_opt_size(opt) : 0;
    char left[LIMIT_MAILBOX_NAME + 1], right[LIMIT_MAILBOX_NAME + 1];
    struct names_mapped *map;

    if (opt == NULL)
        return true;
    map = loader_keep(loader, calloc(count + 1, sizeof map[0]));
    for (size_t i = 0; map != NULL && i < count; i++) {
        if (!names_map_parse(cfg_opt_getnstr(opt, (unsigned)i), &map[i].use, left, right, loader->err))
            return loader_refuse_error(loader, "map");
        map[i].left = map[i].use != 0 ? NULL : loader_keep(loader, strdup(left));
        map[i].right = loader_keep(loader, strdup(right));
        if (map[i].right == NULL || (map[i].use == 0 && map[i].left == NULL))
            return false;
    }
    *out = map;
    return map != NULL;
}

bool
keys_names(struct loader *loader, struct policy *policy)
{
    if (!take_special(loader, &policy->special) || !take_map(loader, &policy->map))
        return false;
    return names_map_is_sound(policy->map, policy->layout, loader->err) || loader_refuse_error(loader, "map");
}
