#include "base/pack.h"

#include <stdbool.h>
#include <stdlib.h>

/* What is written of a record: which form it is packed by; its WIDE words, its NEAR ones in half as
 * many bytes; how many words are otherwise than the form has it, and these: the place, how many
 * bytes, and so many of what the word differs by.
 */
enum { WORD = sizeof(uint64_t), HALF = sizeof(uint32_t), CHUNK_WORDS = 2 };

/* A NEAR word is less than 2^31 more or less than the first one was; what was that by half of it
 * will be near again. */
static const uint64_t near_middle = UINT64_C(1) << 31, near_enough = UINT64_C(1) << 30;

/* How a word is known. */
enum way {
    SAME,         /* as it is in all */
    WIDE,         /* written as it is */
    NEAR,         /* written as how much more it is than an anchor and something */
    AFTER_ANCHOR, /* so much more than an anchor */
    AFTER_WORD,   /* so much more than another word, which is WIDE or NEAR */
    WAYS
};

struct rule {
    uint8_t place, from; /* the word; the anchor, or the other word's place */
    uint64_t more;
};

struct ht_pack_form {
    /* The record and the anchors that the others are like. */
    uint64_t like[HT_PACK_WORDS], anchors[HT_PACK_ANCHORS];
    uint64_t same[HT_PACK_WORDS]; /* all ones where a word is the same in all, else 0 */
    size_t num;                   /* words */
    struct rule rules[HT_PACK_WORDS];
    size_t end[WAYS]; /* of the rules of each way, which lie one after the other */
};

/* The rules of a way. */
struct rules {
    const struct rule *begin, *end;
};

static inline struct rules rules_of(const struct ht_pack_form *form, enum way way)
{
    return (struct rules){.begin = form->rules + form->end[way - 1],
                          .end   = form->rules + form->end[way]};
}

static inline uint64_t word_at(const void *words, size_t place)
{
    uint64_t word;
    memcpy(&word, (const char *)words + place * WORD, sizeof word);
    return word;
}

static inline void set_word(void *words, size_t place, uint64_t word)
{
    memcpy((char *)words + place * WORD, &word, sizeof word);
}

typedef uint64_t chunk __attribute__((vector_size(CHUNK_WORDS * sizeof(uint64_t))));

static inline chunk chunk_at(const void *words, size_t place)
{
    chunk out;
    memcpy(&out, (const char *)words + place * WORD, sizeof out);
    return out;
}

/* Below, what is returned of a record is 0 where it is as the form has it. */

static uint64_t unlike_same(const struct ht_pack_form *form, const void *record)
{
    chunk unlike = {0};
    size_t place = 0;
#pragma GCC unroll 4
    for (; place + CHUNK_WORDS <= form->num; place += CHUNK_WORDS) {
        unlike |=
            (chunk_at(record, place) ^ chunk_at(form->like, place)) & chunk_at(form->same, place);
    }
    uint64_t rest =
        place < form->num ? (word_at(record, place) ^ form->like[place]) & form->same[place] : 0;
    return unlike[0] | unlike[1] | rest;
}

static uint64_t unlike_rules(struct rules rules, const void *record, const void *from)
{
    uint64_t unlike = 0;
    for (const struct rule *r = rules.begin; r < rules.end; r++) {
        unlike |= (word_at(record, r->place) - word_at(from, r->from)) ^ r->more;
    }
    return unlike;
}

static uint8_t *put_wide(struct rules rules, uint8_t *out, const void *record)
{
    for (const struct rule *r = rules.begin; r < rules.end; r++, out += WORD) {
        set_word(out, 0, word_at(record, r->place));
    }
    return out;
}

static uint8_t *put_near(struct rules rules, uint8_t *out, const void *record,
                         const uint64_t *anchors, uint64_t *unlike)
{
    for (const struct rule *r = rules.begin; r < rules.end; r++, out += HALF) {
        uint64_t more = word_at(record, r->place) - anchors[r->from] - r->more;
        uint32_t half = (uint32_t)more;
        memcpy(out, &half, sizeof half);
        *unlike |= more >> 32;
    }
    return out;
}

/* Makes the record as the form has it; returns where what is otherwise begins. */
static const uint8_t *get_usual(const struct ht_pack_form *form, const uint8_t *packed,
                                const uint64_t *anchors, void *record)
{
    struct rules wide = rules_of(form, WIDE), near = rules_of(form, NEAR);
    struct rules by_anchor = rules_of(form, AFTER_ANCHOR), by_word = rules_of(form, AFTER_WORD);
    memcpy(record, form->like, form->num * WORD);
    for (const struct rule *r = wide.begin; r < wide.end; r++, packed += WORD) {
        set_word(record, r->place, word_at(packed, 0));
    }
    for (const struct rule *r = near.begin; r < near.end; r++, packed += HALF) {
        uint32_t half;
        memcpy(&half, packed, sizeof half);
        set_word(record, r->place, anchors[r->from] + r->more + half);
    }
    for (const struct rule *r = by_anchor.begin; r < by_anchor.end; r++) {
        set_word(record, r->place, anchors[r->from] + r->more);
    }
    for (const struct rule *r = by_word.begin; r < by_word.end; r++) {
        set_word(record, r->place, word_at(record, r->from) + r->more);
    }
    return packed;
}

/* Writes what of the record is not what comes out of `packed`. */
static uint8_t *put_others(const struct ht_pack_form *form, uint8_t *out, const uint8_t *packed,
                           const uint64_t *anchors, const void *record)
{
    uint64_t usual[HT_PACK_WORDS];
    uint8_t *num_others = out++;
    (void)get_usual(form, packed, anchors, usual);
    *num_others = 0;
    for (size_t place = 0; place < form->num; place++) {
        uint64_t other = word_at(record, place) ^ usual[place];
        unsigned len   = ht_word_len(other);
        if (other != 0) {
            *out++ = (uint8_t)place;
            *out++ = (uint8_t)len;
            for (unsigned i = 0; i < len; i++) {
                *out++ = (uint8_t)(other >> 8 * i);
            }
            ++*num_others;
        }
    }
    return out;
}

static const uint8_t *get_others(const uint8_t *packed, void *record)
{
    for (unsigned num = *packed++; num > 0; num--) {
        size_t place   = *packed++;
        unsigned len   = *packed++;
        uint64_t other = 0;
        for (unsigned i = 0; i < len; i++) {
            other |= (uint64_t)*packed++ << 8 * i;
        }
        set_word(record, place, word_at(record, place) ^ other);
    }
    return packed;
}

/* A record to learn from. */
struct lesson {
    const struct ht_pack_form *form; /* what is known so far */
    const uint64_t *anchors, *words;
};

/* How a word is known, and by what. */
struct known {
    enum way way;
    struct rule rule;
};

/* How much more the word is than `from` says, here and in what all are like; false: not as much. */
static bool is_after(const struct lesson *l, size_t place, uint64_t from, uint64_t like_from,
                     uint64_t *more)
{
    *more = l->form->like[place] - like_from;
    return l->words[place] - from == *more;
}

static bool after_anchor(const struct lesson *l, struct known *known)
{
    for (size_t a = 1; a < HT_PACK_ANCHORS; a++) {
        if (is_after(l, known->rule.place, l->anchors[a], l->form->anchors[a], &known->rule.more)) {
            known->way       = AFTER_ANCHOR;
            known->rule.from = (uint8_t)a;
            return true;
        }
    }
    return false;
}

/* By one before it, of those in `all`. */
static bool after_word(const struct lesson *l, const struct known *all, struct known *known)
{
    for (size_t w = 0; w < known->rule.place; w++) {
        if ((all[w].way == WIDE || all[w].way == NEAR) &&
            is_after(l, known->rule.place, l->words[w], l->form->like[w], &known->rule.more)) {
            known->way       = AFTER_WORD;
            known->rule.from = (uint8_t)w;
            return true;
        }
    }
    return false;
}

/* By the anchor that it differs from by the most nearly the same. */
static bool near_anchor(const struct lesson *l, struct known *known)
{
    uint64_t like = l->form->like[known->rule.place], word = l->words[known->rule.place];
    uint64_t best = near_enough;
    known->way    = NEAR;
    known->rule   = (struct rule){.place = known->rule.place};
    if (like <= UINT32_MAX && word <= UINT32_MAX) {
        return true;
    }
    for (size_t a = 0; a < HT_PACK_ANCHORS; a++) {
        uint64_t more = like - l->form->anchors[a], now = word - l->anchors[a];
        uint64_t apart = now - more < more - now ? now - more : more - now;
        if (apart < best) {
            best             = apart;
            known->rule.from = (uint8_t)a;
            known->rule.more = more - near_middle;
        }
    }
    return best < near_enough;
}

/* Is the word as it was known to be? */
static bool holds(const struct lesson *l, const struct known *known)
{
    const struct rule *r = &known->rule;
    uint64_t word        = l->words[r->place];
    switch (known->way) {
    case SAME:
        return word == l->form->like[r->place];
    case NEAR:
        return word - l->anchors[r->from] - r->more <= UINT32_MAX;
    case AFTER_ANCHOR:
        return word - l->anchors[r->from] == r->more;
    case AFTER_WORD:
        return word - l->words[r->from] == r->more;
    case WIDE:
    case WAYS:
        break;
    }
    return true;
}

static void learn_word(const struct lesson *l, const struct known *all, struct known *known)
{
    enum way before = known->way;
    if (holds(l, known) ||
        (before == SAME && (after_anchor(l, known) || after_word(l, all, known)))) {
        return;
    }
    if (before == NEAR || !near_anchor(l, known)) {
        known->way = WIDE;
    }
}

/* What the form has of each word. */
static void list_known(const struct ht_pack_form *form, struct known *all)
{
    for (size_t place = 0; place < form->num; place++) {
        all[place] = (struct known){.way = SAME, .rule.place = (uint8_t)place};
    }
    for (enum way way = WIDE; way < WAYS; way++) {
        struct rules rules = rules_of(form, way);
        for (const struct rule *r = rules.begin; r < rules.end; r++) {
            all[r->place] = (struct known){.way = way, .rule = *r};
        }
    }
}

static void set_known(struct ht_pack_form *form, const struct known *all)
{
    size_t num = 0;
    for (enum way way = WIDE; way < WAYS; way++) {
        for (size_t place = 0; place < form->num; place++) {
            if (all[place].way == way) {
                form->rules[num++] = all[place].rule;
                form->same[place]  = 0;
            }
        }
        form->end[way] = num;
    }
}

/* A form of which nothing is known but one record, which all are like. */
static void begin_form(struct ht_pack_form *form, const uint64_t *anchors, const void *record,
                       size_t num)
{
    *form = (struct ht_pack_form){.num = num};
    memcpy(form->like, record, num * WORD);
    memcpy(form->anchors, anchors, sizeof form->anchors);
    memset(form->same, 0xFF, num * WORD);
}

/* Adds a form by which the record is as it has it; false: no memory, or enough was learnt. */
static bool learn(struct ht_pack_kind *kind, const uint64_t *anchors, const void *record,
                  size_t num)
{
    struct known all[HT_PACK_WORDS];
    uint64_t words[HT_PACK_WORDS];
    struct ht_pack_form *form = kind->num_forms < HT_PACK_FORMS ? malloc(sizeof *form) : NULL;
    if (form == NULL) {
        return false;
    }
    if (kind->num_forms == 0) {
        begin_form(form, anchors, record, num);
    } else {
        *form           = *kind->forms[kind->num_forms - 1];
        struct lesson l = {.form = form, .anchors = anchors, .words = words};
        memcpy(words, record, num * WORD);
        list_known(form, all);
        for (size_t place = 0; place < num; place++) {
            learn_word(&l, all, &all[place]);
        }
        set_known(form, all);
    }
    kind->forms[kind->num_forms++] = form;
    return true;
}

uint8_t *ht_pack(struct ht_pack_kind *kind, uint8_t *out, const uint64_t anchors[HT_PACK_ANCHORS],
                 const void *record, size_t num)
{
    if (kind->num_forms == 0 && !learn(kind, anchors, record, num)) {
        return NULL;
    }
    if (num != kind->forms[0]->num) {
        return NULL;
    }
    for (;;) {
        size_t last                     = kind->num_forms - 1;
        const struct ht_pack_form *form = kind->forms[last];
        *out                            = (uint8_t)last;
        uint64_t unlike                 = unlike_same(form, record);
        uint8_t *end                    = put_wide(rules_of(form, WIDE), out + 1, record);
        end = put_near(rules_of(form, NEAR), end, record, anchors, &unlike);
        unlike |= unlike_rules(rules_of(form, AFTER_ANCHOR), record, anchors);
        unlike |= unlike_rules(rules_of(form, AFTER_WORD), record, record);
        if (unlike == 0) {
            *end = 0;
            return end + 1;
        }
        if (!learn(kind, anchors, record, num)) {
            return put_others(form, end, out + 1, anchors, record);
        }
    }
}

const uint8_t *ht_unpack(const struct ht_pack_kind *kind, const uint8_t *packed,
                         const uint64_t anchors[HT_PACK_ANCHORS], void *record)
{
    const struct ht_pack_form *form = kind->forms[*packed];
    return get_others(get_usual(form, packed + 1, anchors, record), record);
}

void ht_pack_forget(struct ht_pack_kind *kind)
{
    for (size_t i = 0; i < kind->num_forms; i++) {
        free(kind->forms[i]);
    }
    *kind = (struct ht_pack_kind){0};
}
