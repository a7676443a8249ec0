/*
 * The key under which two mailbox names that some file system can't tell apart are equal: letters folded to one case
 * (Unicode's simple folding, and sharp s as ss), then every composed letter taken apart into its base and marks, as
 * Apple's and other normalising file systems do. It knows Latin, Greek, Cyrillic and Armenian letters, kana and Hangul;
 * what it does not know stays as it is, which can only make it miss a pair, never invent one. It knows no locale.
 */
#include "sync/rules/names.h"

#include <uchar.h>

struct range { /* every step-th letter from first to last folds by adding delta */
    uint16_t first, last;
    int16_t step, delta;
};

static const struct range ranges[] = {
    {0x0041, 0x005a, 1, 32}, {0x00c0, 0x00d6, 1, 32}, {0x00d8, 0x00de, 1, 32},   {0x0100, 0x012e, 2, 1},
    {0x0132, 0x0136, 2, 1},  {0x0139, 0x0147, 2, 1},  {0x014a, 0x0176, 2, 1},    {0x0179, 0x017d, 2, 1},
    {0x01a0, 0x01a4, 2, 1},  {0x01cb, 0x01db, 2, 1},  {0x01de, 0x01ee, 2, 1},    {0x01f8, 0x021e, 2, 1},
    {0x0222, 0x0232, 2, 1},  {0x0246, 0x024e, 2, 1},  {0x0388, 0x038a, 1, 37},   {0x0391, 0x03a1, 1, 32},
    {0x03a3, 0x03ab, 1, 32}, {0x03d8, 0x03ee, 2, 1},  {0x03fd, 0x03ff, 1, -130}, {0x0400, 0x040f, 1, 80},
    {0x0410, 0x042f, 1, 32}, {0x0460, 0x0480, 2, 1},  {0x048a, 0x04be, 2, 1},    {0x04c1, 0x04cd, 2, 1},
    {0x04d0, 0x052e, 2, 1},  {0x0531, 0x0556, 1, 48}, {0x1e00, 0x1e94, 2, 1},    {0x1ea0, 0x1efe, 2, 1},
    {0xff21, 0xff3a, 1, 32},
};

/* Letters that fold by no rule: a letter, what it folds to; repeated. */
static const char16_t singles[] =
    u"\u00b5μŸÿſsƁɓƂƃƄƅƆɔƇƈƉɖƊɗƋƌƎǝƏəƐɛƑƒƓɠƔɣƖɩƗɨƘƙƜɯƝɲƟɵƦʀƧƨƩʃƬƭƮʈƯưƱʊƲʋƳƴƵƶƷʒƸƹƼƽǄǆǅǆǇǉǈǉǊǌǱǳǲǳǴǵǶƕǷƿȠƞȺⱥȻȼȽƚȾⱦ"
    u"ɁɂɃƀɄʉɅʌͰͱͲͳ\u0374ʹͶͷ\u037e;"
    u"ͿϳΆά\u0387·ΌόΎύΏώςσϏϗϐβϑθϕφϖπϰκϱρϴθϵεϷϸϹϲϺϻӀӏẛṡ\u212ak\u212bå";

struct mark { /* a combining mark, and letters that carry it: composed, base; repeated */
    uint16_t mark;
    const char16_t *letters;
};

static const struct mark marks[] = {
    {0x0300, u"àaèeìiòoùuǜüǹnѐеѝиḕēṑōẁwầâằăềêồôờơừưỳy"},
    {0x0301, u"áaéeíióoúuýyćcĺlńnŕrśsźzǘüǵgǻåǽæǿø΅¨άαέεήηίιόούυώωϓϒѓгќкḉçḗēḯïḱkḿmṍõṓōṕpṹũẃwấâắăếêốôớơứưΐϊ"
             u"ΰϋ"},
    {0x0302, u"âaêeîiôoûuĉcĝgĥhĵjŝsŵwŷyẑzậạệẹộọ"},
    {0x0303, u"ãañnõoĩiũuṽvẫâẵăẽeễêỗôỡơữưỹy"},
    {0x0304, u"āaēeīiōoūuǖüǟäǡȧǣæǭǫȫöȭõȱȯȳyӣиӯуḡgḹḷṝṛ"},
    {0x0306, u"ăaĕeğgĭiŏoŭuйиўуӂжӑаӗеḝȩặạ"},
    {0x0307, u"ċcėeġgżzȧaȯoḃbḋdḟfḣhṁmṅnṗpṙrṡsṥśṧšṩṣṫtẇwẋxẏyİi"},
    {0x0308, u"äaëeïiöoüuÿyϊιϋυϔϒёеїіӓаӛәӝжӟзӥиӧоӫөӭэӱуӵчӹыḧhṏõṻūẅwẍxẗt"},
    {0x0309, u"ảaẩâẳăẻeểêỉiỏoổôởơủuửưỷy"},
    {0x030a, u"åaůuẘwẙy"},
    {0x030b, u"őoűuӳу"},
    {0x030c, u"čcďděeľlňnřršsťtžzǎaǐiǒoǔuǚüǧgǩkǯʒȟhǰj"},
    {0x030f, u"ȁaȅeȉiȍoȑrȕuѷѵ"},
    {0x0311, u"ȃaȇeȋiȏoȓrȗu"},
    {0x031b, u"ơoưu"},
    {0x0323, u"ḅbḍdḥhḳkḷlṃmṇnṛrṣsṭtṿvẉwẓzạaẹeịiọoợơụuựưỵy"},
    {0x0324, u"ṳu"},
    {0x0325, u"ḁa"},
    {0x0326, u"șsțt"},
    {0x0327, u"çcģgķkļlņnŗrşsţtȩeḑdḩh"},
    {0x0328, u"ąaęeįiųuǫo"},
    {0x032d, u"ḓdḙeḽlṋnṱtṷu"},
    {0x032e, u"ḫh"},
    {0x0330, u"ḛeḭiṵu"},
    {0x0331, u"ḇbḏdḵkḻlṉnṟrṯtẕzẖh"},
    {0x3099, u"がかぎきぐくげけごこざさじしずすぜせぞそだたぢちづつでてどとばはびひぶふべへぼほゔうゞゝガカギキグクゲケ"
             u"ゴコザサジシズスゼセゾソダタヂチヅツデテドトバハビヒブフベヘボホヴウヷワヸヰ"
             u"ヹヱヺヲヾヽ"},
    {0x309a, u"ぱはぴひぷふぺへぽほパハピヒプフペヘポホ"},
};

/* ---- UTF-8 ---- */

/* One letter; a byte that starts none counts as itself, beyond Unicode, so that it is copied as it stands. */
#define NO_LETTER 0x110000u

static uint32_t
next_letter(const char **at)
{
    const unsigned char *byte = (const unsigned char *)*at;
    size_t more = byte[0] >= 0xf0 ? 3 : byte[0] >= 0xe0 ? 2 : byte[0] >= 0xc0 ? 1 : 0;
    uint32_t letter = more == 0 ? byte[0] : byte[0] & (0x3fu >> more);

    *at += 1;
    if (byte[0] < 0x80)
        return byte[0];
    for (size_t i = 1; i <= more; i++) {
        if ((byte[i] & 0xc0) != 0x80)
            return NO_LETTER + byte[0];
        letter = letter << 6 | (byte[i] & 0x3f);
    }
    *at += more;
    return more == 0 || letter >= NO_LETTER ? NO_LETTER + byte[0] : letter;
}

struct key {
    char *to, *end;
};

static void
put_byte(struct key *key, uint32_t byte)
{
    if (key->to < key->end)
        *key->to++ = (char)byte;
}

static void
put_letter(struct key *key, uint32_t letter)
{
    if (letter >= NO_LETTER || letter < 0x80) {
        put_byte(key, letter & 0xff);
    } else if (letter < 0x800) {
        put_byte(key, 0xc0 | letter >> 6);
        put_byte(key, 0x80 | (letter & 0x3f));
    } else {
        if (letter >= 0x10000) {
            put_byte(key, 0xf0 | letter >> 18);
            put_byte(key, 0x80 | (letter >> 12 & 0x3f));
        } else {
            put_byte(key, 0xe0 | letter >> 12);
        }
        put_byte(key, 0x80 | (letter >> 6 & 0x3f));
        put_byte(key, 0x80 | (letter & 0x3f));
    }
}

/* ---- folding ---- */

static uint32_t
fold_case(uint32_t letter)
{
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (letter >= ranges[i].first && letter <= ranges[i].last &&
            (letter - ranges[i].first) % (unsigned)ranges[i].step == 0)
            return (uint32_t)((int32_t)letter + ranges[i].delta);
    for (const char16_t *pair = singles; *pair != 0; pair += 2)
        if (*pair == letter)
            return pair[1];
    return letter;
}

/* The base of a composed letter, with its mark; 0: it is not composed. */
static uint32_t
find_base(uint32_t letter, uint32_t *mark)
{
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        for (const char16_t *pair = marks[i].letters; *pair != 0; pair += 2)
            if (*pair == letter) {
                *mark = marks[i].mark;
                return pair[1];
            }
    return 0;
}

/* A Hangul syllable is a number: leading consonant * 588 + vowel * 28 + trailing consonant (Unicode 3.12). */
static void
put_hangul(struct key *key, uint32_t syllable)
{
    put_letter(key, 0x1100 + syllable / 588);
    put_letter(key, 0x1161 + syllable % 588 / 28);
    if (syllable % 28 != 0)
        put_letter(key, 0x11a7 + syllable % 28);
}

static void
put_folded(struct key *key, uint32_t letter)
{
    uint32_t waiting[4], mark, base; /* no letter carries more than two marks */
    size_t count = 0;

    if (letter < 0x80) {
        put_byte(key, letter >= 'A' && letter <= 'Z' ? letter + ('a' - 'A') : letter);
        return;
    }
    if (letter == 0xdf || letter == 0x1e9e) { /* sharp s, small and capital */
        put_byte(key, 's');
        put_byte(key, 's');
        return;
    }
    if (letter >= 0xac00 && letter <= 0xd7a3) {
        put_hangul(key, letter - 0xac00);
        return;
    }
    letter = fold_case(letter);
    while (count < sizeof waiting / sizeof waiting[0] && (base = find_base(letter, &mark)) != 0) {
        waiting[count++] = mark;
        letter = base;
    }
    put_letter(key, letter);
    while (count > 0)
        put_letter(key, waiting[--count]);
}

void
names_fold(const char *name, char key[static LIMIT_MAILBOX_NAME * 3 + 1])
{
    struct key out = {key, key + LIMIT_MAILBOX_NAME * 3};

    while (*name != '\0')
        put_folded(&out, next_letter(&name));
    *out.to = '\0';
}
