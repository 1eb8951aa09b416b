#include "analysis/resolution/answers.h"

#include "base/hash.h"

enum {
    ANSWERS_OF_GENERATION = HT_RESOLUTION_MAX_ANSWERS / 2,
    BYTES_OF_GENERATION   = HT_RESOLUTION_MAX_BYTES / 2
};

static const struct ht_address everybody;

bool ht_answers_init(struct ht_answers *answers)
{
    /* No result depends on the seed; who sends names cannot know it, nor choose those that collide.
     */
    *answers  = (struct ht_answers){.seed = ht_mix((uint64_t)(uintptr_t)answers, 0)};
    bool good = ht_generation_init(&answers->now);
    return ht_generation_init(&answers->before) && good;
}

void ht_answers_fini(struct ht_answers *answers)
{
    ht_generation_fini(&answers->now);
    ht_generation_fini(&answers->before);
}

/* Begins another generation, in place of the one before this. */
static void turn(struct ht_answers *answers)
{
    struct ht_answer_generation next = answers->before;
    ht_generation_clear(&next);
    answers->before = answers->now;
    answers->now    = next;
    answers->num_generations++;
}

/* Files the answer that was learnt last. */
static void file_last(struct ht_answers *answers)
{
    struct ht_answer *a = answers->unfiled;
    answers->unfiled    = NULL;
    if (a != NULL && !ht_generation_file(&answers->now, answers->unfiled_key, a)) {
        turn(answers);
    }
}

/* `order`: of learning. None is unfiled. */
static void insert(struct ht_answers *answers, const struct ht_answer_identity *id,
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

/* The latest of those that are the same and were given until then. */
static struct ht_answer *latest_until(struct ht_answers *answers, enum ht_answer_index index,
                                      const struct ht_answer_identity *id, int64_t until_ns)
{
    struct ht_answer *found = ht_generation_latest(&answers->now, index, id, until_ns);
    if (found == NULL || found->facts.time_ns <= answers->before.latest_ns) {
        found = ht_answer_later(found, ht_generation_latest(&answers->before, index, id, until_ns));
    }
    return found;
}

/* The same answer, seen before: repeated, or told again for the sake of its query. */
static struct ht_answer *find_again(struct ht_answers *answers, const struct ht_answer_identity *id,
                                    const struct ht_answer_facts *facts)
{
    struct ht_answer *again = ht_generation_find_again(&answers->now, id, facts);
    return again != NULL ? again : ht_generation_find_again(&answers->before, id, facts);
}

/* What was given to the client, whose identity is `id`, or to everybody. */
static struct ht_answer *find_to_client(struct ht_answers *answers,
                                        const struct ht_answer_identity *id, int64_t until_ns)
{
    struct ht_answer *found = latest_until(answers, HT_BY_CLIENT, id, until_ns);
    if (answers->now.num_everybody + answers->before.num_everybody > 0) {
        struct ht_answer_identity any;
        ht_answer_identify(&any, answers->seed, id->address, &everybody, id->name);
        found = ht_answer_later(found, latest_until(answers, HT_BY_CLIENT, &any, until_ns));
    }
    return found;
}

static struct ht_answer *find(struct ht_answers *answers, const struct ht_answer_identity *id,
                              int64_t until_ns)
{
    struct ht_answer *found = find_to_client(answers, id, until_ns);
    return found != NULL ? found : latest_until(answers, HT_BY_ADDRESS, id, until_ns);
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

/* Does what was put off when a connection began: nothing, mostly, for the client was given the
 * address just now, or nobody was. */
static void use(struct ht_answers *answers)
{
    const struct ht_answer_use *use = &answers->use;
    answers->use.waits              = false;
    if (!ht_generation_has(&answers->before, use->key[HT_BY_ADDRESS])) {
        return;
    }
    file_last(answers);
    if (ht_generation_has(&answers->now, use->key[HT_BY_CLIENT])) {
        return;
    }
    struct ht_answer_identity id;
    ht_answer_identify(&id, answers->seed, &use->server, &use->client, ht_text(""));
    const struct ht_answer *found = find(answers, &id, INT64_MAX);
    if (found != NULL && found->generation != answers->num_generations) {
        ht_answer_identify(&id, answers->seed, &use->server, &found->facts.client, ht_text(""));
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
    struct ht_answer_identity id;
    catch_up(answers);
    ht_answer_identify(&id, answers->seed, address, &facts->client,
                       ht_bytes_head(text, facts->name_len));
    for (int i = 0; i < HT_NUM_WHOLE; i++) {
        ht_generation_fetch(&answers->now, id.key[i]);
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

/* Identifies what is sought, and has its slots fetched while what was put off is done. */
static void begin_search(struct ht_answers *answers, const struct ht_answer_search *search,
                         struct ht_answer_identity *id)
{
    ht_answer_identify(id, answers->seed, &search->server, &search->client, search->name);
    ht_generation_fetch(&answers->now, id->key[HT_BY_CLIENT]);
    ht_generation_fetch(&answers->before, id->key[HT_BY_CLIENT]);
    catch_up(answers);
}

const struct ht_answer *ht_answers_find(struct ht_answers *answers,
                                        const struct ht_answer_search *search)
{
    struct ht_answer_identity id;
    if (ht_answers_none(answers)) {
        return NULL;
    }
    begin_search(answers, search, &id);
    return find(answers, &id, search->until_ns);
}

const struct ht_answer *ht_answers_to_client(struct ht_answers *answers,
                                             const struct ht_answer_search *search)
{
    struct ht_answer_identity id;
    if (ht_answers_none(answers)) {
        return NULL;
    }
    begin_search(answers, search, &id);
    id.name = ht_text("");
    return find_to_client(answers, &id, search->until_ns);
}

void ht_answers_use(struct ht_answers *answers, const struct ht_address *server,
                    const struct ht_address *client)
{
    struct ht_answer_identity id;
    if (ht_answers_none(answers)) {
        return;
    }
    if (answers->use.waits) {
        use(answers);
    }
    ht_answer_identify(&id, answers->seed, server, client, ht_text(""));
    answers->use = (struct ht_answer_use){.server = *server, .client = *client, .waits = true};
    memcpy(answers->use.key, id.key, sizeof id.key);
    ht_generation_fetch(&answers->before, id.key[HT_BY_ADDRESS]);
    ht_generation_fetch(&answers->now, id.key[HT_BY_CLIENT]);
}
