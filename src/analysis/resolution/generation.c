#include "analysis/resolution/generation.h"

#include "base/hash.h"

#include <stdlib.h>

enum {
    FIRST_SLOTS = 1024,
    FEW         = 8, /* answers that are looked at one by one */
    OTHER_BITS  = 3  /* of a slot's first word, beside the key */
};

/* The bits of a hash that a slot has. */
static const uint64_t KEY = UINT64_MAX >> OTHER_BITS;

/* The index of what is divided by name in `whole`. */
static enum ht_answer_index named(enum ht_answer_index whole)
{
    return whole == HT_BY_ADDRESS ? HT_BY_NAME : HT_BY_BOTH;
}

/* Nearly all that are compared are the same byte by byte. */
bool ht_names_equal(struct ht_bytes a, struct ht_bytes b)
{
    return ht_bytes_equal(a, b) || ht_bytes_alike(a, b);
}

static uint64_t load(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static uint64_t hash_address(const struct ht_address *a, uint64_t seed)
{
    return ht_mix(load(a->bytes) ^ seed,
                  load(a->bytes + 8) ^ a->version ^ (seed << 32 | seed >> 32));
}

/* Eight characters at once as ht_lower makes them: to a byte below 128, 128 - 'A' brings the
 * highest bit where it is 'A' or more, 127 - 'Z' where it is more than 'Z'. */
static uint64_t lower(uint64_t word)
{
    const uint64_t each = UINT64_C(0x0101010101010101), highest = each << 7;
    uint64_t low       = word & ~highest;
    uint64_t is_letter = (low + (128 - 'A') * each) & ~(low + (127 - 'Z') * each) & ~word & highest;
    return word | is_letter >> 2;
}

/* The key in the index by name, of what has `key` without it. The same for names that differ in
 * case. */
static uint64_t named_key(uint64_t key, struct ht_bytes name)
{
    uint64_t hash = key ^ name.len;
    size_t i      = 0;
    for (; i + 8 <= name.len; i += 8) {
        hash = ht_mix(lower(load(name.ptr + i)) ^ key, hash);
    }
    uint64_t rest = 0;
    for (; i < name.len; i++) {
        rest = rest << 8 | name.ptr[i];
    }
    return ht_mix(lower(rest) ^ key, hash) >> OTHER_BITS;
}

void ht_answer_identify(struct ht_answer_identity *id, uint64_t seed,
                        const struct ht_address *address, const struct ht_address *client,
                        struct ht_bytes name)
{
    uint64_t by_address = hash_address(address, seed);
    uint64_t by_client  = hash_address(client, by_address);
    *id = (struct ht_answer_identity){.address = address, .client = client, .name = name};
    id->key[HT_BY_ADDRESS] = by_address >> OTHER_BITS;
    id->key[HT_BY_CLIENT]  = by_client >> OTHER_BITS;
}

/* `whole`: the index by which it was found, or of which that was divided. */
static bool is_same(const struct ht_answer *a, enum ht_answer_index whole,
                    const struct ht_answer_identity *id)
{
    return ht_address_equal(&a->address, id->address) &&
           (whole == HT_BY_ADDRESS || ht_address_equal(&a->facts.client, id->client)) &&
           (id->name.len == 0 || ht_names_equal(ht_answer_name(a), id->name));
}

bool ht_generation_init(struct ht_answer_generation *g)
{
    *g = (struct ht_answer_generation){.slots     = calloc(FIRST_SLOTS, sizeof *g->slots),
                                       .num_slots = FIRST_SLOTS,
                                       .latest_ns = INT64_MIN};
    return g->slots != NULL;
}

void ht_generation_fini(struct ht_answer_generation *g)
{
    ht_arena_clear(&g->arena);
    free(g->slots);
}

void ht_generation_clear(struct ht_answer_generation *g)
{
    ht_arena_clear(&g->arena);
    memset(g->slots, 0, g->num_slots * sizeof *g->slots);
    *g = (struct ht_answer_generation){
        .slots = g->slots, .num_slots = g->num_slots, .latest_ns = INT64_MIN};
}

/* Where those that are the same to an index hang, or would hang. */
static struct ht_answer_slot *slot_of(const struct ht_answer_generation *g, uint64_t key)
{
    size_t mask = g->num_slots - 1;
    size_t i    = key & mask;
    while (g->slots[i].first != NULL && g->slots[i].key != key) {
        i = (i + 1) & mask;
    }
    return &g->slots[i];
}

bool ht_generation_has(const struct ht_answer_generation *g, uint64_t key)
{
    return slot_of(g, key)->first != NULL;
}

static bool is_before(const struct ht_answer *a, const struct ht_answer *b)
{
    if (a->facts.time_ns != b->facts.time_ns) {
        return a->facts.time_ns < b->facts.time_ns;
    }
    return a->facts.frame != b->facts.frame ? a->facts.frame < b->facts.frame : a->order < b->order;
}

/* Puts `a` above those that weigh less, which become its two sides. */
static void insert_in_tree(struct ht_answer **root, enum ht_answer_index index, struct ht_answer *a)
{
    struct ht_answer **at = root;
    while (*at != NULL && (*at)->weight >= a->weight) {
        at = is_before(a, *at) ? &(*at)->link[index].earlier : &(*at)->link[index].later;
    }
    struct ht_answer **earlier = &a->link[index].earlier, **later = &a->link[index].later;
    for (struct ht_answer *t = *at; t != NULL;) {
        if (is_before(t, a)) {
            *earlier = t;
            earlier  = &t->link[index].later;
            t        = *earlier;
        } else {
            *later = t;
            later  = &t->link[index].earlier;
            t      = *later;
        }
    }
    *earlier = *later = NULL;
    *at               = a;
}

/* Makes a tree of what hangs there, if it is a list. */
static void plant(struct ht_answer_slot *slot, enum ht_answer_index index)
{
    struct ht_answer *a = slot->first;
    if (slot->tree) {
        return;
    }
    slot->first = NULL;
    slot->tree  = true;
    while (a != NULL) {
        struct ht_answer *next = a->link[index].earlier;
        insert_in_tree(&slot->first, index, a);
        a = next;
    }
}

static struct ht_answer *latest_in_tree(struct ht_answer *root, enum ht_answer_index index,
                                        int64_t until_ns)
{
    struct ht_answer *best = NULL;
    while (root != NULL) {
        if (root->facts.time_ns <= until_ns) {
            best = root;
            root = root->link[index].later;
        } else {
            root = root->link[index].earlier;
        }
    }
    return best;
}

struct ht_answer *ht_answer_later(struct ht_answer *a, struct ht_answer *b)
{
    if (a == NULL || b == NULL) {
        return a != NULL ? a : b;
    }
    return is_before(a, b) ? b : a;
}

/* A look at the one before it is rarely needed. */
static bool is_latest(const struct ht_answer_generation *g, const struct ht_answer_slot *slot,
                      const struct ht_answer *a)
{
    return slot->first == NULL || a->facts.time_ns > g->latest_ns || is_before(slot->first, a);
}

static void put_first(struct ht_answer_slot *slot, enum ht_answer_index index, struct ht_answer *a)
{
    a->link[index].earlier = slot->first;
    slot->first            = a;
}

/* Puts it among those that are in order. */
static void hang(const struct ht_answer_generation *g, struct ht_answer_slot *slot,
                 enum ht_answer_index index, struct ht_answer *a)
{
    if (!slot->tree && is_latest(g, slot, a)) {
        put_first(slot, index, a);
        return;
    }
    plant(slot, index);
    insert_in_tree(&slot->first, index, a);
}

/* The slot of the key, used from now on. */
static struct ht_answer_slot *use_slot(struct ht_answer_generation *g, uint64_t key)
{
    struct ht_answer_slot *slot = slot_of(g, key);
    g->num_used += slot->first == NULL;
    slot->key = key & KEY;
    return slot;
}

/* Files one of those that are divided by name. */
static void file_by_name(struct ht_answer_generation *g, struct ht_answer_slot *slot,
                         enum ht_answer_index whole, struct ht_answer *a)
{
    hang(g, slot, whole, a);
    hang(g, use_slot(g, named_key(slot->key, ht_answer_name(a))), named(whole), a);
}

static void file(struct ht_answer_generation *g, enum ht_answer_index whole, uint64_t key,
                 struct ht_answer *a)
{
    struct ht_answer_slot *slot = use_slot(g, key);
    if (slot->divided) {
        file_by_name(g, slot, whole, a);
        return;
    }
    slot->mixed |= !is_latest(g, slot, a);
    put_first(slot, whole, a);
}

/* Doubles the table; false: no memory. */
static bool grow(struct ht_answer_generation *g)
{
    struct ht_answer_generation larger = *g;
    larger.num_slots                   = 2 * g->num_slots;
    larger.slots                       = calloc(larger.num_slots, sizeof *larger.slots);
    if (larger.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < g->num_slots; i++) {
        if (g->slots[i].first != NULL) {
            *slot_of(&larger, g->slots[i].key) = g->slots[i];
        }
    }
    free(g->slots);
    *g = larger;
    return true;
}

/* Has room for so many slots more; false: no memory. */
static bool make_room(struct ht_answer_generation *g, size_t num)
{
    while (g->num_used + num > g->num_slots / 4 * 3) {
        if (!grow(g)) {
            return false;
        }
    }
    return true;
}

bool ht_generation_file(struct ht_answer_generation *g, const uint64_t key[HT_NUM_WHOLE],
                        struct ht_answer *a)
{
    for (int i = 0; i < HT_NUM_WHOLE; i++) {
        file(g, (enum ht_answer_index)i, key[i], a);
    }
    g->latest_ns = a->facts.time_ns > g->latest_ns ? a->facts.time_ns : g->latest_ns;
    return make_room(g, HT_NUM_INDEXES);
}

/* Files those that are the same to an index that has all once more, by name, in the order in which
 * they were learnt; false: no memory. */
static bool divide(struct ht_answer_generation *g, enum ht_answer_index whole, uint64_t key)
{
    struct ht_answer *next = NULL;
    size_t num             = 0;
    for (struct ht_answer *a = slot_of(g, key)->first; a != NULL; a = a->link[whole].earlier) {
        num++;
    }
    if (!make_room(g, num)) {
        return false;
    }
    struct ht_answer_slot *slot = slot_of(g, key);
    while (slot->first != NULL) {
        struct ht_answer *a    = slot->first;
        slot->first            = a->link[whole].earlier;
        a->link[whole].earlier = next;
        next                   = a;
    }
    slot->divided = true;
    while (next != NULL) {
        struct ht_answer *a = next;
        next                = a->link[whole].earlier;
        file_by_name(g, slot, whole, a);
    }
    return true;
}

/* Looks at one after the other, at `*steps` of them at most. */
static struct ht_answer *latest_of_list(const struct ht_answer_slot *slot,
                                        enum ht_answer_index whole,
                                        const struct ht_answer_identity *id, int64_t until_ns,
                                        size_t *steps)
{
    struct ht_answer *best = NULL;
    struct ht_answer *a    = slot->first;
    while (a != NULL && *steps > 0) {
        if (a->facts.time_ns <= until_ns && is_same(a, whole, id)) {
            best = ht_answer_later(best, a);
            if (!slot->mixed) {
                return best;
            }
        }
        a = a->link[whole].earlier;
        --*steps;
    }
    return best;
}

static struct ht_answer *latest_of_many(struct ht_answer_slot *slot, enum ht_answer_index index,
                                        int64_t until_ns)
{
    struct ht_answer *a = slot->first;
    if (a != NULL && (slot->tree || a->facts.time_ns > until_ns)) {
        plant(slot, index);
        a = latest_in_tree(slot->first, index, until_ns);
    }
    return a;
}

struct ht_answer *ht_generation_latest(struct ht_answer_generation *g, enum ht_answer_index whole,
                                       const struct ht_answer_identity *id, int64_t until_ns)
{
    const uint64_t key          = id->key[whole];
    struct ht_answer_slot *slot = slot_of(g, key);
    enum ht_answer_index index  = whole;
    if (!slot->divided) {
        size_t steps            = FEW;
        struct ht_answer *found = latest_of_list(slot, whole, id, until_ns, &steps);
        if (steps > 0 || !divide(g, whole, key)) {
            return found;
        }
        slot = slot_of(g, key);
    }
    if (id->name.len > 0) {
        index = named(whole);
        slot  = slot_of(g, named_key(key, id->name));
    }
    struct ht_answer *a = latest_of_many(slot, index, until_ns);
    return a != NULL && is_same(a, whole, id) ? a : NULL;
}

static bool is_earlier(const struct ht_answer *a, const struct ht_answer_facts *than)
{
    return a->facts.time_ns != than->time_ns ? a->facts.time_ns < than->time_ns
                                             : a->facts.frame < than->frame;
}

static bool is_of(const struct ht_answer *a, const struct ht_answer_facts *facts)
{
    return a->facts.time_ns == facts->time_ns && a->facts.frame == facts->frame;
}

static struct ht_answer *find_again_in_list(const struct ht_answer_slot *slot,
                                            const struct ht_answer_identity *id,
                                            const struct ht_answer_facts *facts, size_t *steps)
{
    struct ht_answer *a = slot->first;
    while (a != NULL && *steps > 0 && !(is_of(a, facts) && is_same(a, HT_BY_CLIENT, id))) {
        a = a->link[HT_BY_CLIENT].earlier;
        --*steps;
    }
    return a;
}

static struct ht_answer *find_again_in_many(struct ht_answer_slot *slot,
                                            const struct ht_answer_identity *id,
                                            const struct ht_answer_facts *facts)
{
    struct ht_answer *a = slot->first;
    if (a != NULL && !slot->tree && is_earlier(a, facts)) {
        return NULL;
    }
    if (a != NULL && !is_of(a, facts)) {
        plant(slot, HT_BY_BOTH);
        a = slot->first;
    }
    while (a != NULL && !is_of(a, facts)) {
        a = is_earlier(a, facts) ? a->link[HT_BY_BOTH].later : a->link[HT_BY_BOTH].earlier;
    }
    return a != NULL && is_same(a, HT_BY_CLIENT, id) ? a : NULL;
}

struct ht_answer *ht_generation_find_again(struct ht_answer_generation *g,
                                           const struct ht_answer_identity *id,
                                           const struct ht_answer_facts *facts)
{
    const uint64_t key = id->key[HT_BY_CLIENT];
    if (facts->time_ns > g->latest_ns) {
        return NULL;
    }
    struct ht_answer_slot *slot = slot_of(g, key);
    if (!slot->divided) {
        size_t steps            = FEW;
        struct ht_answer *again = find_again_in_list(slot, id, facts, &steps);
        if (steps > 0 || !divide(g, HT_BY_CLIENT, key)) {
            return again;
        }
    }
    return find_again_in_many(slot_of(g, named_key(key, id->name)), id, facts);
}
