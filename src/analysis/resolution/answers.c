#include "analysis/resolution/answers.h"

#include "base/fetch.h"
#include "base/hash.h"

#include <stdlib.h>

enum {
    FIRST_SLOTS           = 1024,
    ANSWERS_OF_GENERATION = HT_RESOLUTION_MAX_ANSWERS / 2,
    BYTES_OF_GENERATION   = HT_RESOLUTION_MAX_BYTES / 2
};

/* The bits of a hash that a slot has. */
static const uint64_t KEY = UINT64_MAX >> 1;

/* What makes answers the same to an index. */
struct identity {
    const struct ht_address *address, *client;
    struct ht_bytes name;
    uint64_t key[HT_NUM_INDEXES];
};

static const struct ht_address everybody;

static bool goes_by_name(enum ht_answer_index index)
{
    return index == HT_BY_NAME || index == HT_BY_BOTH;
}

static bool goes_by_client(enum ht_answer_index index)
{
    return index == HT_BY_CLIENT || index == HT_BY_BOTH;
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

/* The same for names that differ in case. */
static uint64_t hash_name(struct ht_bytes name, uint64_t seed)
{
    uint64_t hash = seed ^ name.len;
    size_t i      = 0;
    for (; i + 8 <= name.len; i += 8) {
        hash = ht_mix(lower(load(name.ptr + i)) ^ seed, hash);
    }
    uint64_t rest = 0;
    for (; i < name.len; i++) {
        rest = rest << 8 | name.ptr[i];
    }
    return ht_mix(lower(rest) ^ seed, hash);
}

static void identify(struct identity *id, const struct ht_answers *answers,
                     const struct ht_address *address, const struct ht_address *client,
                     struct ht_bytes name)
{
    uint64_t by_address = hash_address(address, answers->seed);
    uint64_t by_client  = hash_address(client, by_address);
    uint64_t by_name    = name.len > 0 ? hash_name(name, by_address) : 0;
    *id                 = (struct identity){.address = address,
                                            .client  = client,
                                            .name    = name,
                                            .key     = {[HT_BY_ADDRESS] = by_address >> 1,
                                                        [HT_BY_NAME]    = by_name >> 1,
                                                        [HT_BY_CLIENT]  = by_client >> 1,
                                                        [HT_BY_BOTH]    = ht_mix(by_name, by_client) >> 1}};
}

static bool is_same(const struct ht_answer *a, enum ht_answer_index index,
                    const struct identity *id)
{
    return ht_address_equal(&a->address, id->address) &&
           (!goes_by_client(index) || ht_address_equal(&a->facts.client, id->client)) &&
           (!goes_by_name(index) || ht_names_equal(ht_answer_name(a), id->name));
}

/* Has the slot fetched into the cache, while others are. */
static void fetch_slot(const struct ht_answer_generation *g, uint64_t key)
{
    ht_fetch(&g->slots[key & (g->num_slots - 1)]);
}

/* Where those that are the same hang, or would hang. */
static struct ht_answer_slot *slot_of(const struct ht_answer_generation *g, uint64_t key)
{
    size_t mask = g->num_slots - 1;
    size_t i    = key & mask;
    while (g->slots[i].first != NULL && g->slots[i].key != key) {
        i = (i + 1) & mask;
    }
    return &g->slots[i];
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

static struct ht_answer *latest_of_generation(const struct ht_answer_generation *g,
                                              enum ht_answer_index index, const struct identity *id,
                                              int64_t until_ns)
{
    struct ht_answer_slot *slot = slot_of(g, id->key[index]);
    struct ht_answer *a         = slot->first;
    if (a != NULL && (slot->tree || a->facts.time_ns > until_ns)) {
        plant(slot, index);
        a = latest_in_tree(slot->first, index, until_ns);
    }
    return a != NULL && is_same(a, index, id) ? a : NULL;
}

static struct ht_answer *later_of(struct ht_answer *a, struct ht_answer *b)
{
    if (a == NULL || b == NULL) {
        return a != NULL ? a : b;
    }
    return is_before(a, b) ? b : a;
}

/* The latest of those that are the same and were given until then. */
static struct ht_answer *latest_until(const struct ht_answers *answers, enum ht_answer_index index,
                                      const struct identity *id, int64_t until_ns)
{
    struct ht_answer *found = latest_of_generation(&answers->now, index, id, until_ns);
    if (found == NULL || found->facts.time_ns <= answers->before.latest_ns) {
        found = later_of(found, latest_of_generation(&answers->before, index, id, until_ns));
    }
    return found;
}

static void file(struct ht_answer_generation *g, enum ht_answer_index index, uint64_t key,
                 struct ht_answer *a)
{
    struct ht_answer_slot *slot = slot_of(g, key);
    struct ht_answer *first     = slot->first;
    g->num_used += first == NULL;
    slot->key = key & KEY;
    if (first == NULL ||
        (!slot->tree && (a->facts.time_ns > g->latest_ns || is_before(first, a)))) {
        a->link[index].earlier = first;
        slot->first            = a;
        return;
    }
    plant(slot, index);
    insert_in_tree(&slot->first, index, a);
}

static bool make_slots(struct ht_answer_generation *g, size_t num_slots)
{
    *g = (struct ht_answer_generation){.slots     = calloc(num_slots, sizeof *g->slots),
                                       .num_slots = num_slots,
                                       .latest_ns = INT64_MIN};
    return g->slots != NULL;
}

bool ht_answers_init(struct ht_answers *answers)
{
    /* No result depends on the seed; who sends names cannot know it, nor choose those that collide.
     */
    *answers  = (struct ht_answers){.seed = ht_mix((uint64_t)(uintptr_t)answers, 0)};
    bool good = make_slots(&answers->now, FIRST_SLOTS);
    return make_slots(&answers->before, FIRST_SLOTS) && good;
}

static void free_generation(struct ht_answer_generation *g)
{
    ht_arena_clear(&g->arena);
    free(g->slots);
}

void ht_answers_fini(struct ht_answers *answers)
{
    free_generation(&answers->now);
    free_generation(&answers->before);
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

/* Begins another generation, in place of the one before this. */
static void turn(struct ht_answers *answers)
{
    struct ht_answer_generation next = answers->before;
    ht_arena_clear(&next.arena);
    memset(next.slots, 0, next.num_slots * sizeof *next.slots);
    answers->before = answers->now;
    answers->now    = (struct ht_answer_generation){
           .slots = next.slots, .num_slots = next.num_slots, .latest_ns = INT64_MIN};
    answers->num_generations++;
}

/* Files the answer that was learnt last. */
static void file_last(struct ht_answers *answers)
{
    struct ht_answer_generation *g = &answers->now;
    struct ht_answer *a            = answers->unfiled;
    answers->unfiled               = NULL;
    if (a == NULL) {
        return;
    }
    for (int i = 0; i < HT_NUM_INDEXES; i++) {
        file(g, (enum ht_answer_index)i, answers->unfiled_key[i], a);
    }
    g->latest_ns = a->facts.time_ns > g->latest_ns ? a->facts.time_ns : g->latest_ns;
    if (g->num_used + HT_NUM_INDEXES > g->num_slots / 2 && !grow(g)) {
        turn(answers);
    }
}

/* `order`: of learning. None is unfiled. */
static void insert(struct ht_answers *answers, const struct identity *id,
                   const struct ht_answer_facts *facts, struct ht_bytes text, uint64_t order)
{
    struct ht_answer_generation *g = &answers->now;
    struct ht_answer *a            = ht_arena_take(&g->arena, sizeof *a + text.len);
    if (a == NULL) {
        return;
    }
    a->address    = *id->address;
    a->generation = answers->num_generations;
    a->facts      = *facts;
    a->order      = order;
    a->weight     = ht_mix(order, answers->seed);
    memcpy(a->text, text.ptr, text.len);
    g->num_answers++;
    g->num_everybody += a->facts.client.version == 0;
    answers->unfiled = a;
    memcpy(answers->unfiled_key, id->key, sizeof id->key);
    if (g->num_answers == ANSWERS_OF_GENERATION || g->arena.size > BYTES_OF_GENERATION) {
        file_last(answers);
        turn(answers);
    }
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

static struct ht_answer *find_again_in(struct ht_answer_generation *g, const struct identity *id,
                                       const struct ht_answer_facts *facts)
{
    if (facts->time_ns > g->latest_ns) {
        return NULL;
    }
    struct ht_answer_slot *slot = slot_of(g, id->key[HT_BY_BOTH]);
    struct ht_answer *a         = slot->first;
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
    return a != NULL && is_same(a, HT_BY_BOTH, id) ? a : NULL;
}

/* The same answer, seen before: repeated, or told again for the sake of its query. */
static struct ht_answer *find_again(struct ht_answers *answers, const struct identity *id,
                                    const struct ht_answer_facts *facts)
{
    struct ht_answer *again = find_again_in(&answers->now, id, facts);
    return again != NULL ? again : find_again_in(&answers->before, id, facts);
}

/* What was given to the client, whose identity is `id`, or to everybody. */
static struct ht_answer *find_to_client(const struct ht_answers *answers,
                                        enum ht_answer_index index, const struct identity *id,
                                        int64_t until_ns)
{
    struct ht_answer *found = latest_until(answers, index, id, until_ns);
    if (answers->now.num_everybody + answers->before.num_everybody > 0) {
        struct identity any;
        identify(&any, answers, id->address, &everybody, id->name);
        found = later_of(found, latest_until(answers, index, &any, until_ns));
    }
    return found;
}

static struct ht_answer *find(const struct ht_answers *answers, const struct identity *id,
                              int64_t until_ns)
{
    bool named                         = id->name.len > 0;
    enum ht_answer_index any_client    = named ? HT_BY_NAME : HT_BY_ADDRESS,
                         to_the_client = named ? HT_BY_BOTH : HT_BY_CLIENT;
    fetch_slot(&answers->before, id->key[to_the_client]);
    struct ht_answer *found = find_to_client(answers, to_the_client, id, until_ns);
    return found != NULL ? found : latest_until(answers, any_client, id, until_ns);
}

/* How long the text of an answer is. */
static size_t text_len(const struct ht_answer *a)
{
    size_t len = a->facts.name_len;
    for (size_t i = 0; i < a->facts.num_cnames; i++) {
        uint16_t cname_len;
        memcpy(&cname_len, a->text + len, sizeof cname_len);
        len += sizeof cname_len + cname_len;
    }
    return len;
}

/* Does what was put off when a connection began. Of those that are learnt now none is forgotten
 * soon; and most flows are not to an address that was answered before: they are look-ups
 * themselves. */
static void use(struct ht_answers *answers)
{
    const struct ht_answer_use *use = &answers->use;
    answers->use.waits              = false;
    if (slot_of(&answers->before, use->by_address >> 1)->first == NULL) {
        return;
    }
    struct identity id;
    file_last(answers);
    identify(&id, answers, &use->server, &use->client, ht_text(""));
    fetch_slot(&answers->now, id.key[HT_BY_CLIENT]);
    const struct ht_answer *found = find(answers, &id, INT64_MAX);
    if (found != NULL && found->generation != answers->num_generations) {
        identify(&id, answers, &use->server, &found->facts.client, ht_answer_name(found));
        insert(answers, &id, &found->facts, ht_bytes(found->text, text_len(found)), found->order);
    }
}

/* Does all that was put off. */
static void catch_up(struct ht_answers *answers)
{
    if (answers->use.waits) {
        use(answers);
    }
    file_last(answers);
}

void ht_answers_add(struct ht_answers *answers, const struct ht_address *address,
                    const struct ht_answer_facts *facts, struct ht_bytes text)
{
    struct identity id;
    catch_up(answers);
    identify(&id, answers, address, &facts->client, ht_bytes_head(text, facts->name_len));
    for (int i = 0; i < HT_NUM_INDEXES; i++) {
        fetch_slot(&answers->now, id.key[i]);
    }
    struct ht_answer *again = find_again(answers, &id, facts);
    if (again != NULL) {
        again->facts.query_frame   = facts->query_frame;
        again->facts.query_time_ns = facts->query_time_ns;
        again->facts.rtt_ns        = facts->rtt_ns;
        return;
    }
    insert(answers, &id, facts, text, answers->order++);
}

const struct ht_answer *ht_answers_find(struct ht_answers *answers,
                                        const struct ht_answer_search *search)
{
    struct identity id;
    catch_up(answers);
    identify(&id, answers, &search->server, &search->client, search->name);
    return find(answers, &id, search->until_ns);
}

const struct ht_answer *ht_answers_to_client(struct ht_answers *answers,
                                             const struct ht_answer_search *search)
{
    struct identity id;
    catch_up(answers);
    identify(&id, answers, &search->server, &search->client, search->name);
    return find_to_client(answers, HT_BY_CLIENT, &id, search->until_ns);
}

void ht_answers_use(struct ht_answers *answers, const struct ht_address *server,
                    const struct ht_address *client)
{
    if (answers->use.waits) {
        use(answers);
    }
    answers->use = (struct ht_answer_use){.server     = *server,
                                          .client     = *client,
                                          .by_address = hash_address(server, answers->seed),
                                          .waits      = true};
    fetch_slot(&answers->before, answers->use.by_address >> 1);
}
