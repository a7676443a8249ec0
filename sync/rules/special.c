/* See special.h. */
#include "sync/rules/special.h"

#include <assert.h>

#include "sync/rules/names.h"

/* One mailbox is for one of these; the others (all, flagged, important) say what a server shows in it, and go along with any. */
#define ROLES ((unsigned)REMOTE_TRASH | REMOTE_SENT | REMOTE_DRAFTS | REMOTE_JUNK | REMOTE_ARCHIVE)

/* How mail programs and servers call the folder that they make for a use, in the languages that most of them speak. */
static const char *const sent_names[] = {"Sent",
                                         "Sent Items",
                                         "Sent Mail",
                                         "Sent Messages",
                                         "Gesendet",
                                         "Gesendete Objekte",
                                         "Gesendete Elemente",
                                         "Envoyés",
                                         "Éléments envoyés",
                                         "Messages envoyés",
                                         "Enviados",
                                         "Elementos enviados",
                                         "Itens enviados",
                                         "Inviata",
                                         "Posta inviata",
                                         "Verzonden",
                                         "Verzonden items",
                                         "Skickat",
                                         "Sendt",
                                         "Lähetetyt",
                                         "Wysłane",
                                         "Odeslané",
                                         "Elküldött",
                                         "Gönderilmiş Öğeler",
                                         "Отправленные",
                                         "Надіслані",
                                         "送信済み",
                                         "已发送",
                                         "보낸 편지함",
                                         NULL};
static const char *const drafts_names[] = {
    "Drafts",   "Draft",     "Entwürfe",    "Entwurf",   "Brouillons", "Borradores",  "Borrador",
    "Bozze",    "Rascunhos", "Esborranys",  "Concepten", "Kladder",    "Utkast",      "Luonnokset",
    "Szkice",   "Koncepty",  "Piszkozatok", "Ciorne",    "Nacrti",     "Skice",       "Taslaklar",
    "Πρόχειρα", "Черновики", "Чернетки",    "下書き",    "草稿",       "임시 보관함", NULL};
static const char *const trash_names[] = {"Trash",
                                          "Deleted",
                                          "Deleted Items",
                                          "Deleted Messages",
                                          "Bin",
                                          "Papierkorb",
                                          "Gelöschte Objekte",
                                          "Gelöschte Elemente",
                                          "Corbeille",
                                          "Éléments supprimés",
                                          "Papelera",
                                          "Elementos eliminados",
                                          "Lixeira",
                                          "Itens excluídos",
                                          "Cestino",
                                          "Posta eliminata",
                                          "Prullenbak",
                                          "Verwijderde items",
                                          "Papperskorgen",
                                          "Papirkurv",
                                          "Roskakori",
                                          "Kosz",
                                          "Koš",
                                          "Kuka",
                                          "Çöp Kutusu",
                                          "Корзина",
                                          "Удаленные",
                                          "Кошик",
                                          "ゴミ箱",
                                          "已删除",
                                          "휴지통",
                                          NULL};
static const char *const junk_names[] = {"Junk",
                                         "Junk E-mail",
                                         "Junk Email",
                                         "Junk Mail",
                                         "Spam",
                                         "Spamverdacht",
                                         "Bulk Mail",
                                         "Junk-E-Mail",
                                         "Unerwünscht",
                                         "Indésirables",
                                         "Pourriel",
                                         "Correo no deseado",
                                         "Lixo Eletrônico",
                                         "Posta indesiderata",
                                         "Ongewenste e-mail",
                                         "Skräppost",
                                         "Roskaposti",
                                         "Nevyžádané",
                                         "Спам",
                                         "迷惑メール",
                                         "垃圾邮件",
                                         "스팸",
                                         NULL};
static const char *const archive_names[] = {"Archive", "Archives", "Archiv", "Archivo", "Archivio",
                                            "Arquivo", "Archief",  "Arkiv",  "Arkisto", "Archiwum",
                                            "Архив",   "Архів",    NULL};
static const char *const no_names[] = {NULL};

struct special {
    unsigned use;
    const char *word, *attribute, *title;
    const char *const *names;
};

static const struct special specials[SPECIAL_USES] = {
    {REMOTE_SENT, "sent", "\\Sent", "Sent", sent_names},
    {REMOTE_DRAFTS, "drafts", "\\Drafts", "Drafts", drafts_names},
    {REMOTE_TRASH, "trash", "\\Trash", "Trash", trash_names},
    {REMOTE_JUNK, "junk", "\\Junk", "Junk", junk_names},
    {REMOTE_ARCHIVE, "archive", "\\Archive", "Archive", archive_names},
    {REMOTE_ALL, "all", "\\All", "All", no_names},
    {REMOTE_FLAGGED, "flagged", "\\Flagged", "Flagged", no_names},
    {REMOTE_IMPORTANT, "important", "\\Important", "Important", no_names},
};
const unsigned special_all[SPECIAL_USES] = {REMOTE_SENT,    REMOTE_DRAFTS, REMOTE_TRASH,   REMOTE_JUNK,
                                            REMOTE_ARCHIVE, REMOTE_ALL,    REMOTE_FLAGGED, REMOTE_IMPORTANT};

/* ---- words ---- */

static size_t
index_of(unsigned use)
{
    size_t i = 0;

    while (i < SPECIAL_USES && specials[i].use != use)
        i++;
    assert(i < SPECIAL_USES);
    return i;
}

const char *
special_word(unsigned use)
{
    return specials[index_of(use)].word;
}

const char *
special_attribute(unsigned use)
{
    return specials[index_of(use)].attribute;
}

const char *
special_title(unsigned use)
{
    return specials[index_of(use)].title;
}

unsigned
special_of_word(struct text word)
{
    for (size_t i = 0; i < SPECIAL_USES; i++) {
        if (text_is_nocase(word, specials[i].word))
            return specials[i].use;
    }
    return 0;
}

bool
special_parse(const char *written, unsigned *use, char name[static LIMIT_MAILBOX_NAME + 1], struct error *err)
{
    const char *equals = strchr(written, '=');
    struct error why = {0};

    if (equals == NULL || equals == written || equals[1] == '\0') {
        error_set(err, ERROR_CONFIG, "use \"%.100s\": it is not USE=MAILBOX", written);
        error_hint(err, "For example special = {\"trash=Papierkorb\"}.");
        return false;
    }
    *use = special_of_word((struct text){written, (size_t)(equals - written)});
    if (*use == 0) {
        error_set(err, ERROR_CONFIG, "use \"%.100s\": it begins with no use that is known", written);
        error_hint(err, "trash, sent, drafts, junk, archive, all, flagged and important are known.");
        return false;
    }
    if (!names_is_one(equals + 1, name, &why)) {
        error_set(err, ERROR_CONFIG, "use \"%.100s\": no mailbox can have that name", written);
        error_hint(err, "Write the server's name with / between levels, as golub check shows it.");
        return false;
    }
    if (strcmp(name, "INBOX") == 0 && (*use & ROLES) != 0) {
        error_set(err, ERROR_CONFIG, "use \"%.100s\": INBOX is where mail arrives, and for nothing else", written);
        return false;
    }
    return true;
}

bool
special_is_sound(const struct special_named *named, struct error *err)
{
    for (const struct special_named *b = named; b != NULL && b->name != NULL; b++) {
        for (const struct special_named *a = named; a != b; a++) {
            if (a->use == b->use) {
                error_set(err, ERROR_CONFIG, "use both \"%.100s\" and \"%.100s\" for %s: one mailbox is for that",
                          a->name, b->name, special_word(a->use));
                return false;
            }
            if (strcmp(a->name, b->name) == 0 && (a->use & ROLES) != 0 && (b->use & ROLES) != 0) {
                error_set(err, ERROR_CONFIG, "use \"%.100s\" both for %s and for %s: a mailbox is for one of them",
                          a->name, special_word(a->use), special_word(b->use));
                return false;
            }
        }
    }
    return true;
}

/* ---- mailboxes ---- */

static bool
has_word(const struct special_named *named, unsigned use)
{
    for (; named != NULL && named->name != NULL; named++) {
        if (named->use == use)
            return true;
    }
    return false;
}

unsigned
special_uses(const struct special_named *named, const char *name, unsigned attributes)
{
    unsigned given = 0;

    for (const struct special_named *at = named; at != NULL && at->name != NULL; at++) {
        attributes &= ~at->use;
        if (strcmp(at->name, name) == 0)
            given |= at->use;
    }
    if ((given & ROLES) != 0)
        attributes &= ~ROLES;
    return attributes | given;
}

bool
special_is_called(const char *name, unsigned use)
{
    const char *level = strrchr(name, '/');

    level = level != NULL ? level + 1 : name;
    for (const char *const *at = specials[index_of(use)].names; *at != NULL; at++) {
        /* Asked of each mailbox: nearly all end at their first letter, in either case. */
        if ((((unsigned char)level[0] ^ (unsigned char)(*at)[0]) & 0xdfu) == 0 && strcasecmp(level, *at) == 0)
            return true;
    }
    return false;
}

unsigned
special_turn(const char *name, unsigned uses)
{
    static const struct {
        unsigned use, turn;
    } turns[] = {{REMOTE_SENT, 1},
                 {REMOTE_DRAFTS, 2},
                 {REMOTE_ARCHIVE, 3},
                 {REMOTE_TRASH, SPECIAL_TURNS - 1},
                 {REMOTE_JUNK, SPECIAL_TURNS - 1}};

    if (strcmp(name, "INBOX") == 0)
        return 0;
    for (size_t i = 0; i < sizeof turns / sizeof turns[0]; i++) {
        if ((uses & turns[i].use) != 0 || ((uses & ROLES) == 0 && special_is_called(name, turns[i].use)))
            return turns[i].turn;
    }
    return SPECIAL_TURNS - 2;
}

/* Where servers and mail programs make them: at the top, below INBOX, or below what Gmail puts into brackets. */
static bool
stands_outside(const char *name)
{
    const char *slash = strchr(name, '/');

    return slash == NULL || ((name[0] == '[' || strncmp(name, "INBOX/", 6) == 0) && strchr(slash + 1, '/') == NULL);
}

void
special_meet(struct special_table *table, const struct special_named *named, const char *name, unsigned attributes,
             size_t at)
{
    const unsigned uses = special_uses(named, name, attributes);
    const bool outside = stands_outside(name) && (attributes & REMOTE_SHARED) == 0;

    for (size_t i = 0; i < SPECIAL_USES; i++) {
        struct special_found *found = &table->of[i];

        if ((uses & specials[i].use) != 0) {
            found->carried++;
            found->at = at;
        }
        /* One that is for something else is not for this, whatever it is called. */
        if (outside && (uses & ROLES) == 0 && special_is_called(name, specials[i].use)) {
            found->called++;
            found->called_at = at;
        }
    }
}

enum special_source
special_which(const struct special_table *table, const struct special_named *named, unsigned use, size_t *at)
{
    const struct special_found *found = &table->of[index_of(use)];
    const bool word = has_word(named, use);

    if (found->carried == 1) {
        *at = found->at;
        return word ? SPECIAL_BY_USER : SPECIAL_BY_SERVER;
    }
    if (word || found->carried != 0 || found->called != 1)
        return SPECIAL_UNKNOWN;
    *at = found->called_at;
    return SPECIAL_BY_NAME;
}

unsigned
special_guessed(const struct special_table *table, const struct special_named *named, const char *name,
                unsigned attributes)
{
    unsigned uses = special_uses(named, name, attributes);

    if (!stands_outside(name) || (uses & (ROLES | REMOTE_SHARED)) != 0)
        return uses;
    for (size_t i = 0; i < SPECIAL_USES; i++) {
        size_t at;

        if (special_which(table, named, specials[i].use, &at) == SPECIAL_BY_NAME &&
            special_is_called(name, specials[i].use))
            uses |= specials[i].use;
    }
    return uses;
}

size_t
special_count(const struct special_table *table, unsigned use)
{
    return table->of[index_of(use)].carried;
}
