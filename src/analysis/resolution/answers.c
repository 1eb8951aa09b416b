#include "analysis/resolution/answers.h"

#include "base/hash.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 1024 };

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

/* The same for names that differ in case; also for some that differ otherwise. */
static uint64_t hash_name(struct ht_bytes name, uint64_t seed)
{
    const uint64_t lower_case = UINT64_C(0x2020202020202020);
    uint64_t hash             = seed ^ name.len;
    size_t i                  = 0;
    for (; i + 8 <= name.len; i += 8) {
        hash = ht_mix(load(name.ptr + i) | lower_case, hash);
    }
    uint64_t rest = 0;
    for (; i < name.len; i++) {
        rest = rest << 8 | name.ptr[i];
    }
    return ht_mix(rest | lower_case, hash);
}

/* Also has the slots fetched into the cache, all at once. */
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
                                            .key     = {[HT_BY_ADDRESS] = by_address,
                                                        [HT_BY_NAME]    = by_name,
                                                        [HT_BY_CLIENT]  = by_client,
                                                        [HT_BY_BOTH]    = ht_mix(by_name, by_client)}};
    for (int i = 0; i < HT_NUM_INDEXES; i++) {
        __builtin_prefetch(&answers->tables[i][id->key[i] & (answers->num_slots - 1)]);
    }
}

static bool is_same(const struct ht_answer *a, enum ht_answer_index index,
                    const struct identity *id)
{
    return ht_address_equal(&a->address, id->address) &&
           (!goes_by_client(index) || ht_address_equal(&a->facts.client, id->client)) &&
           (!goes_by_name(index) || ht_names_equal(ht_answer_name(a), id->name));
}

/* Where in the table those that are the same hang, or would hang. `known` is one of them, or NULL.
 */
static struct ht_answer_slot *slot_of(const struct ht_answers *answers, enum ht_answer_index index,
                                      const struct identity *id, const struct ht_answer *known)
{
    uint64_t key                 = id->key[index];
    struct ht_answer_slot *table = answers->tables[index];
    size_t mask                  = answers->num_slots - 1;
    size_t i                     = key & mask;
    while (
        table[i].first != NULL &&
        (table[i].key != key || (table[i].first != known && !is_same(table[i].first, index, id)))) {
        i = (i + 1) & mask;
    }
    return &table[i];
}

/* Knuth's algorithm R (The Art of Computer Programming 6.4): what comes after a slot that becomes
 * free moves up, where it may stand before its present place. */
static void clear_slot(struct ht_answer_slot *table, size_t num_slots, size_t hole)
{
    const size_t mask = num_slots - 1;
    for (size_t i = (hole + 1) & mask; table[i].first != NULL; i = (i + 1) & mask) {
        size_t home = table[i].key & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            table[hole] = table[i];
            hole        = i;
        }
    }
    table[hole].first = NULL;
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

/* Puts the two sides of `a`, merged by weight, in its place. */
static void remove_from_tree(struct ht_answer **root, enum ht_answer_index index,
                             const struct ht_answer *a)
{
    struct ht_answer **at = root;
    while (*at != a) {
        at = is_before(a, *at) ? &(*at)->link[index].earlier : &(*at)->link[index].later;
    }
    struct ht_answer *earlier = a->link[index].earlier, *later = a->link[index].later;
    while (earlier != NULL && later != NULL) {
        if (earlier->weight >= later->weight) {
            *at     = earlier;
            at      = &earlier->link[index].later;
            earlier = *at;
        } else {
            *at   = later;
            at    = &later->link[index].earlier;
            later = *at;
        }
    }
    *at = earlier != NULL ? earlier : later;
}

static bool is_list(const struct ht_answer *a, enum ht_answer_index index)
{
    return (a->in_tree & 1u << index) == 0;
}

static void put_in_tree(struct ht_answer **root, enum ht_answer_index index, struct ht_answer *a)
{
    a->in_tree |= (uint8_t)(1u << index);
    insert_in_tree(root, index, a);
}

/* Makes a tree of what hangs there, if it is a list. */
static void plant(struct ht_answer **first, enum ht_answer_index index)
{
    struct ht_answer *a = *first, *root = NULL;
    if (a == NULL || !is_list(a, index)) {
        return;
    }
    while (a != NULL) {
        struct ht_answer *next = a->link[index].earlier;
        put_in_tree(&root, index, a);
        a = next;
    }
    *first = root;
}

/* The latest of those that are the same and were given until then. */
static struct ht_answer *latest_until(struct ht_answers *answers, enum ht_answer_index index,
                                      const struct identity *id, int64_t until_ns)
{
    struct ht_answer_slot *slot = slot_of(answers, index, id, NULL);
    struct ht_answer *best = NULL, *a = slot->first;
    if (a != NULL && is_list(a, index)) {
        if (a->facts.time_ns <= until_ns) {
            return a;
        }
        plant(&slot->first, index);
        a = slot->first;
    }
    while (a != NULL) {
        if (a->facts.time_ns <= until_ns) {
            best = a;
            a    = a->link[index].later;
        } else {
            a = a->link[index].earlier;
        }
    }
    return best;
}

static void file(struct ht_answers *answers, enum ht_answer_index index, const struct identity *id,
                 struct ht_answer *a)
{
    struct ht_answer_slot *slot = slot_of(answers, index, id, NULL);
    struct ht_answer *first     = slot->first;
    slot->key                   = id->key[index];
    if (first == NULL || (is_list(first, index) && is_before(first, a))) {
        a->link[index] = (struct ht_answer_link){.earlier = first};
        slot->first    = a;
        if (first != NULL) {
            first->link[index].later = a;
        }
        return;
    }
    plant(&slot->first, index);
    put_in_tree(&slot->first, index, a);
}

static void unfile(struct ht_answers *answers, enum ht_answer_index index,
                   const struct identity *id, const struct ht_answer *a)
{
    const struct ht_answer_link *link = &a->link[index];
    bool list                         = is_list(a, index);
    if (list && link->earlier != NULL) {
        link->earlier->link[index].later = link->later;
    }
    if (list && link->later != NULL) {
        link->later->link[index].earlier = link->earlier;
        return;
    }
    struct ht_answer_slot *slot = slot_of(answers, index, id, a);
    if (list) {
        slot->first = link->earlier;
    } else {
        remove_from_tree(&slot->first, index, a);
    }
    if (slot->first == NULL) {
        clear_slot(answers->tables[index], answers->num_slots,
                   (size_t)(slot - answers->tables[index]));
    }
}

static struct ht_answer_slot *new_table(size_t num_slots)
{
    return calloc(num_slots, sizeof(struct ht_answer_slot));
}

bool ht_answers_init(struct ht_answers *answers)
{
    bool good = true;
    /* No result depends on the seed; who sends names cannot know it, nor choose those that collide.
     */
    *answers = (struct ht_answers){.seed      = ht_mix((uint64_t)(uintptr_t)answers, 0),
                                   .num_slots = FIRST_SLOTS};
    for (int i = 0; i < HT_NUM_INDEXES; i++) {
        answers->tables[i] = new_table(FIRST_SLOTS);
        good &= answers->tables[i] != NULL;
    }
    return good;
}

static void move_slots(struct ht_answer_slot *to, size_t num_slots,
                       const struct ht_answer_slot *from, size_t num_from)
{
    for (size_t i = 0; i < num_from; i++) {
        size_t at = from[i].key & (num_slots - 1);
        while (from[i].first != NULL && to[at].first != NULL) {
            at = (at + 1) & (num_slots - 1);
        }
        if (from[i].first != NULL) {
            to[at] = from[i];
        }
    }
}

/* Doubles the tables. Without memory they stay as they are. */
static void grow(struct ht_answers *answers)
{
    struct ht_answer_slot *larger[HT_NUM_INDEXES];
    size_t num_slots = 2 * answers->num_slots;
    bool good        = true;
    for (int i = 0; i < HT_NUM_INDEXES; i++) {
        larger[i] = new_table(num_slots);
        good &= larger[i] != NULL;
    }
    for (int i = 0; i < HT_NUM_INDEXES; i++) {
        if (good) {
            move_slots(larger[i], num_slots, answers->tables[i], answers->num_slots);
        }
        free(good ? answers->tables[i] : larger[i]);
        answers->tables[i] = good ? larger[i] : answers->tables[i];
    }
    answers->num_slots = good ? num_slots : answers->num_slots;
}

void ht_answers_fini(struct ht_answers *answers)
{
    while (answers->oldest != NULL) {
        struct ht_answer *next = answers->oldest->newer;
        free(answers->oldest);
        answers->oldest = next;
    }
    for (int i = 0; i < HT_NUM_INDEXES; i++) {
        free(answers->tables[i]);
    }
}

static void unlink_answer(struct ht_answers *answers, struct ht_answer *a)
{
    *(a->newer != NULL ? &a->newer->older : &answers->newest) = a->older;
    *(a->older != NULL ? &a->older->newer : &answers->oldest) = a->newer;
}

static void link_newest(struct ht_answers *answers, struct ht_answer *a)
{
    a->newer                                                                = NULL;
    a->older                                                                = answers->newest;
    *(answers->newest != NULL ? &answers->newest->newer : &answers->oldest) = a;
    answers->newest                                                         = a;
}

static void forget(struct ht_answers *answers, struct ht_answer *a)
{
    struct identity id;
    identify(&id, answers, &a->address, &a->facts.client, ht_answer_name(a));
    for (int i = 0; i < HT_NUM_INDEXES; i++) {
        unfile(answers, (enum ht_answer_index)i, &id, a);
    }
    unlink_answer(answers, a);
    answers->num_everybody -= a->facts.client.version == 0;
    answers->len--;
    answers->bytes -= a->size;
    free(a);
}

static void make_room(struct ht_answers *answers, size_t size)
{
    if (answers->len >= answers->num_slots / 2 && answers->len < HT_RESOLUTION_MAX_ANSWERS) {
        grow(answers);
    }
    while (answers->oldest != NULL && (answers->len >= answers->num_slots / 2 ||
                                       answers->bytes + size > HT_RESOLUTION_MAX_BYTES)) {
        forget(answers, answers->oldest);
    }
}

static void insert(struct ht_answers *answers, const struct identity *id, struct ht_answer *a)
{
    for (int i = 0; i < HT_NUM_INDEXES; i++) {
        file(answers, (enum ht_answer_index)i, id, a);
    }
    link_newest(answers, a);
    answers->num_everybody += a->facts.client.version == 0;
    answers->len++;
    answers->bytes += a->size;
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

/* The same answer, seen before: repeated, or told again for the sake of its query. */
static struct ht_answer *find_again(struct ht_answers *answers, const struct identity *id,
                                    const struct ht_answer_facts *facts)
{
    struct ht_answer_slot *slot = slot_of(answers, HT_BY_BOTH, id, NULL);
    struct ht_answer *a         = slot->first;
    if (a == NULL || is_of(a, facts)) {
        return a;
    }
    if (is_list(a, HT_BY_BOTH) && is_earlier(a, facts)) {
        return NULL;
    }
    plant(&slot->first, HT_BY_BOTH);
    for (a = slot->first; a != NULL && !is_of(a, facts);) {
        a = is_earlier(a, facts) ? a->link[HT_BY_BOTH].later : a->link[HT_BY_BOTH].earlier;
    }
    return a;
}

void ht_answers_add(struct ht_answers *answers, const struct ht_address *address,
                    const struct ht_answer_facts *facts, struct ht_bytes text)
{
    struct identity id;
    identify(&id, answers, address, &facts->client, ht_bytes_head(text, facts->name_len));
    struct ht_answer *again = find_again(answers, &id, facts);
    if (again != NULL) {
        again->facts.query_frame   = facts->query_frame;
        again->facts.query_time_ns = facts->query_time_ns;
        again->facts.rtt_ns        = facts->rtt_ns;
        return;
    }
    size_t size = sizeof(struct ht_answer) + text.len;
    make_room(answers, size);
    struct ht_answer *a = malloc(size);
    if (a == NULL) {
        return;
    }
    *a = (struct ht_answer){
        .address = *address, .facts = *facts, .order = answers->order++, .size = size};
    a->weight = ht_mix(a->order, answers->seed);
    memcpy(a->text, text.ptr, text.len);
    insert(answers, &id, a);
}

static struct ht_answer *later_of(struct ht_answer *a, struct ht_answer *b)
{
    if (a == NULL || b == NULL) {
        return a != NULL ? a : b;
    }
    return is_before(a, b) ? b : a;
}

/* What was given to the client, whose identity is `id`, or to everybody. */
static struct ht_answer *find_to_client(struct ht_answers *answers, enum ht_answer_index index,
                                        const struct identity *id,
                                        const struct ht_answer_search *search)
{
    struct ht_answer *found = latest_until(answers, index, id, search->until_ns);
    if (answers->num_everybody > 0) {
        struct identity any;
        identify(&any, answers, &search->server, &everybody, search->name);
        found = later_of(found, latest_until(answers, index, &any, search->until_ns));
    }
    return found;
}

static struct ht_answer *find(struct ht_answers *answers, const struct ht_answer_search *search)
{
    struct identity id;
    bool named                 = search->name.len > 0;
    enum ht_answer_index index = named ? HT_BY_NAME : HT_BY_ADDRESS;
    identify(&id, answers, &search->server, &search->client, search->name);
    struct ht_answer *found =
        find_to_client(answers, named ? HT_BY_BOTH : HT_BY_CLIENT, &id, search);
    return found != NULL ? found : latest_until(answers, index, &id, search->until_ns);
}

const struct ht_answer *ht_answers_find(struct ht_answers *answers,
                                        const struct ht_answer_search *search)
{
    return find(answers, search);
}

const struct ht_answer *ht_answers_to_client(struct ht_answers *answers,
                                             const struct ht_answer_search *search)
{
    struct identity id;
    identify(&id, answers, &search->server, &search->client, search->name);
    return find_to_client(answers, HT_BY_CLIENT, &id, search);
}

void ht_answers_use(struct ht_answers *answers, const struct ht_address *server,
                    const struct ht_address *client)
{
    const struct ht_answer_search search = {
        .server = *server, .client = *client, .until_ns = INT64_MAX};
    struct ht_answer *found = find(answers, &search);
    if (found != NULL) {
        unlink_answer(answers, found);
        link_newest(answers, found);
    }
}
