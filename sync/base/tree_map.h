/* The map of an IMAP account as it is known to those who deliver into its tree without asking its server. */
#ifndef SYNC_BASE_TREE_MAP_H
#define SYNC_BASE_TREE_MAP_H

#include "sync/base/account.h"
#include "sync/rules/names_map.h"

/**
 * `map` of the account into whose tree this one delivers (its policy has it); what its words for special uses mean says the journal of that account.
 * @return false: a journal that is there can't be read
 */
MUST_CHECK bool tree_map(const struct account *account, struct names_map *map, struct error *err);

#endif
