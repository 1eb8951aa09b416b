#include "base/pack.h"

#include <stdbool.h>
#include <stdlib.h>

/* What is written of a record: which form it is packed by; its WIDE words, its NEAR ones in half as
 * many bytes; how many words are otherwise than the form has it, and these: the place, how many
 * bytes, and so many of what the word differs by.
 */
enum {
    WORD       = sizeof(uint64_t),
    HALF       = sizeof(uint32_t),
    OFTEN      = 2, /* a word is often otherwise: more than twice, and more than in a 16th */
    OFTEN_PART = 16 /* of the records */
};

/* A NEAR word is less than 2^31 more or less than the first one was; what was that by half of it
 * will be near again. */
static const uint64_t near_middle = UINT64_C(1) << 31, near_enough = UINT64_C(1) << 30;
static const uint64_t near_part = 1 << 24; /* so much less counts how far the anchor is */

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
    uint64_t like[HT_PACK_WORDS];      /* the record that the others are like */
    uint64_t usual[HT_PACK_WORDS];     /* it, with those words of the last one that have a rule */
    uint64_t anchors[HT_PACK_ANCHORS]; /* of that record */
    size_t num;                        /* words */
    struct rule rules[HT_PACK_WORDS];
    size_t end[WAYS]; /* of the rules of each way, which lie one after the other */

    size_t num_records;                /* packed */
    uint32_t otherwise[HT_PACK_WORDS]; /* in how many of them each word was */
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

/* Below, `usual` becomes what the record is if it is as the form has it. */

static void expect_after(uint64_t *usual, struct rules rules, const void *from)
{
    for (const struct rule *r = rules.begin; r < rules.end; r++) {
        usual[r->place] = word_at(from, r->from) + r->more;
    }
}

static uint8_t *put_wide(uint64_t *usual, struct rules rules, uint8_t *out, const void *record)
{
    for (const struct rule *r = rules.begin; r < rules.end; r++, out += WORD) {
        uint64_t word   = word_at(record, r->place);
        usual[r->place] = word;
        set_word(out, 0, word);
    }
    return out;
}

/* Sets bits of `*far` where a word is not near. */
static uint8_t *put_near(uint64_t *usual, struct rules rules, uint8_t *out, const void *record,
                         const uint64_t *anchors, uint64_t *far)
{
    for (const struct rule *r = rules.begin; r < rules.end; r++, out += HALF) {
        uint64_t word   = word_at(record, r->place);
        uint64_t more   = word - anchors[r->from] - r->more;
        uint32_t half   = (uint32_t)more;
        usual[r->place] = word;
        memcpy(out, &half, sizeof half);
        *far |= more >> 32;
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

static bool is_written(enum way way)
{
    return way == WIDE || way == NEAR;
}

/* If the word is as much more than `from` here as it is in what all are like, that is how it is
 * known; rather by what it is the same as. */
static void try_after(const struct lesson *l, struct known *known, enum way way, size_t from,
                      uint64_t now, uint64_t like)
{
    struct rule *r = &known->rule;
    uint64_t more  = l->form->like[r->place] - like;
    if (l->words[r->place] - now == more && (known->way == WIDE || (more == 0 && r->more != 0))) {
        known->way = way;
        r->from    = (uint8_t)from;
        r->more    = more;
    }
}

/* A word that is not written yet, by an anchor or by one before it. */
static bool learn_after(const struct lesson *l, const struct known *all, struct known *known)
{
    known->way = WIDE;
    for (size_t a = 1; a < HT_PACK_ANCHORS; a++) {
        try_after(l, known, AFTER_ANCHOR, a, l->anchors[a], l->form->anchors[a]);
    }
    for (size_t w = 0; w < known->rule.place; w++) {
        if (is_written(all[w].way)) {
            try_after(l, known, AFTER_WORD, w, l->words[w], l->form->like[w]);
        }
    }
    return known->way != WIDE;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a - b < b - a ? a - b : b - a;
}

/* A small number by itself; else by the anchor that is the nearest, or differs by the most nearly
 * the same. */
static bool learn_near(const struct lesson *l, struct known *known)
{
    uint64_t like = l->form->like[known->rule.place], word = l->words[known->rule.place];
    uint64_t best = UINT64_MAX;
    known->way    = NEAR;
    known->rule   = (struct rule){.place = known->rule.place};
    if (like <= UINT32_MAX && word <= UINT32_MAX) {
        return true;
    }
    for (size_t a = 0; a < HT_PACK_ANCHORS; a++) {
        uint64_t more  = like - l->form->anchors[a];
        uint64_t apart = distance(word - l->anchors[a], more);
        uint64_t score = apart + distance(more, 0) / near_part;
        if (apart < near_enough && score < best) {
            best             = score;
            known->rule.from = (uint8_t)a;
            known->rule.more = more - near_middle;
        }
    }
    return best < UINT64_MAX;
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

/* A word that is often otherwise. One that is written stays so, for others may be known by it. */
static void learn_word(const struct lesson *l, const struct known *all, struct known *known)
{
    if (holds(l, known) || (!is_written(known->way) && learn_after(l, all, known))) {
        return;
    }
    if (!learn_near(l, known)) {
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
            }
        }
        form->end[way] = num;
    }
}

/* A form of which nothing is known but one record, which all are like. */
static void begin_form(struct ht_pack_form *form, const uint64_t *anchors, const void *record,
                       size_t num)
{
    if (form == NULL) {
        return;
    }
    *form = (struct ht_pack_form){.num = num};
    memcpy(form->like, record, num * WORD);
    memcpy(form->anchors, anchors, sizeof form->anchors);
    memcpy(form->usual, record, num * WORD);
}

/* Adds a form to a kind; NULL: no memory, or it has enough. */
static struct ht_pack_form *add_form(struct ht_pack_kind *kind)
{
    struct ht_pack_form *form = NULL;
    if (kind->num_forms == HT_PACK_FORMS || !ht_budget_take(kind->budget, sizeof *form)) {
        return NULL;
    }
    form = malloc(sizeof *form);
    if (form != NULL) {
        kind->forms[kind->num_forms++] = form;
    } else {
        ht_budget_give(kind->budget, sizeof *form);
    }
    return form;
}

static bool is_often(const struct ht_pack_form *form, size_t place)
{
    return form->otherwise[place] > OFTEN + form->num_records / OFTEN_PART;
}

/* From a record that is otherwise a form is learnt by which others like it are not, where a word
 * often was: an odd record is not worth to be known. */
static void learn(struct ht_pack_kind *kind, const struct ht_pack_form *before,
                  const uint64_t *anchors, const void *record)
{
    struct known all[HT_PACK_WORDS];
    uint64_t words[HT_PACK_WORDS];
    struct ht_pack_form *form = add_form(kind);
    if (form == NULL) {
        return;
    }
    *form           = *before;
    struct lesson l = {.form = before, .anchors = anchors, .words = words};
    memcpy(words, record, form->num * WORD);
    list_known(form, all);
    for (size_t place = 0; place < form->num; place++) {
        if (is_often(before, place)) {
            learn_word(&l, all, &all[place]);
        }
    }
    set_known(form, all);
    form->num_records = 0;
    memset(form->otherwise, 0, sizeof form->otherwise);
}

/* Writes what is otherwise, and learns from it. */
static uint8_t *pack_unusual(struct ht_pack_kind *kind, uint8_t *out, const uint8_t *packed,
                             const uint64_t *anchors, const void *record)
{
    struct ht_pack_form *form = kind->forms[kind->num_forms - 1];
    bool often                = false;
    const uint8_t *others     = out;
    out                       = put_others(form, out, packed, anchors, record);
    for (unsigned num = *others++; num > 0; num--, others += 2 + others[1]) {
        form->otherwise[*others]++;
        often |= is_often(form, *others);
    }
    if (often) {
        learn(kind, form, anchors, record);
    }
    return out;
}

uint8_t *ht_pack(struct ht_pack_kind *kind, uint8_t *out, const uint64_t anchors[HT_PACK_ANCHORS],
                 const void *record, size_t num)
{
    if (kind->num_forms == 0) {
        begin_form(add_form(kind), anchors, record, num);
    }
    struct ht_pack_form *form = kind->num_forms > 0 ? kind->forms[kind->num_forms - 1] : NULL;
    if (form == NULL || num != form->num) {
        return NULL;
    }
    form->num_records++;
    *out         = (uint8_t)(kind->num_forms - 1);
    uint64_t far = 0;
    expect_after(form->usual, rules_of(form, AFTER_ANCHOR), anchors);
    expect_after(form->usual, rules_of(form, AFTER_WORD), record);
    uint8_t *end = put_wide(form->usual, rules_of(form, WIDE), out + 1, record);
    end          = put_near(form->usual, rules_of(form, NEAR), end, record, anchors, &far);
    if (far != 0 || memcmp(form->usual, record, num * WORD) != 0) {
        return pack_unusual(kind, end, out + 1, anchors, record);
    }
    *end = 0;
    return end + 1;
}

const uint8_t *ht_unpack(const struct ht_pack_kind *kind, const uint8_t *packed,
                         const uint64_t anchors[HT_PACK_ANCHORS], void *record)
{
    const struct ht_pack_form *form = kind->forms[*packed];
    return get_others(get_usual(form, packed + 1, anchors, record), record);
}

void ht_pack_forget(struct ht_pack_kind *kind)
{
    for (; kind->num_forms > 0; kind->num_forms--) {
        ht_budget_give(kind->budget, sizeof(struct ht_pack_form));
        free(kind->forms[kind->num_forms - 1]);
    }
}
