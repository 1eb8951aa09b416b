#include "scenario.h"

#include "conversation.h"
#include "library.h"

#include <netinet/in.h>
#include <stdlib.h>

enum { NUM_CLIENTS = 16384, FIRST_PORT = 10000, NUM_PORTS = 50000, LARGE_EVERY = 5 };
enum { SMALLEST_RECORD = 64, RECORD = 5 + 16384 };

static const struct scenario scenarios[] = {
    {.name       = "handshakes",
     .categories = {{.set = SET_PAGES, .count = 100000}},
     .arrival_ns = 200000},
    {.name       = "bulk",
     .categories = {{.set = SET_PAGES, .count = 400, .small_max = 15500000}},
     .arrival_ns = 10000000},
    {.name        = "mixed",
     .categories  = {{.set       = SET_PAGES,
                      .count     = 11500,
                      .small_max = 40000,
                      .large_min = 100000,
                      .large_max = 500000},
                     {.set = SET_NAMES, .count = 55000},
                     {.set = SET_MEDIA, .count = 3000}},
     .arrival_ns  = 500000,
     .is_impaired = true},
    {.name         = "synflood",
     .categories   = {{.set = SET_PAGES, .count = 1000}},
     .arrival_ns   = 1000000,
     .flood        = 5000000,
     .flood_at_ns  = 2000000000,
     .flood_len_ns = 10000000000},
    {.name        = "concurrent",
     .categories  = {{.set = SET_SINGLE, .count = 1000000}},
     .arrival_ns  = 20000,
     .only_hellos = true},
};

struct state {
    const struct scenario *scenario;
    struct library library;
    struct random random;
    struct conversation **heap; /* by next_ns, then by age */
    size_t heap_len, heap_size;
    uint32_t left[MAX_CATEGORIES];
    uint32_t total_left;
    uint64_t num_conversations;
    int64_t next_arrival_ns;
    uint16_t next_port[NUM_CLIENTS];
    struct capture *capture;
    struct truth *truth;
    uint32_t flood, flood_at;
    int64_t flood_ns;
};

const struct scenario *scenario_find(const char *name)
{
    for (size_t i = 0; i < HT_ARRAY_LEN(scenarios); i++) {
        if (strcmp(scenarios[i].name, name) == 0) {
            return &scenarios[i];
        }
    }
    return NULL;
}

static bool is_before(const struct conversation *a, const struct conversation *b)
{
    return a->next_ns != b->next_ns ? a->next_ns < b->next_ns : a->seed < b->seed;
}

static void swap(struct state *s, size_t a, size_t b)
{
    struct conversation *c = s->heap[a];
    s->heap[a]             = s->heap[b];
    s->heap[b]             = c;
}

static void heap_push(struct state *s, struct conversation *c)
{
    if (s->heap_len == s->heap_size) {
        s->heap_size = s->heap_size * 2 + 1024;
        s->heap      = realloc(s->heap, s->heap_size * sizeof(void *));
        if (s->heap == NULL) {
            fatal("no memory");
        }
    }
    size_t at   = s->heap_len++;
    s->heap[at] = c;
    for (; at > 0 && is_before(s->heap[at], s->heap[(at - 1) / 2]); at = (at - 1) / 2) {
        swap(s, at, (at - 1) / 2);
    }
}

/* Moves the first conversation to where it belongs now. */
static void heap_sink(struct state *s)
{
    for (size_t at = 0;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < s->heap_len; child++) {
            least = is_before(s->heap[child], s->heap[least]) ? child : least;
        }
        if (least == at) {
            return;
        }
        swap(s, at, least);
        at = least;
    }
}

static uint32_t body_len(struct state *s, const struct category *category, const struct template *t)
{
    bool is_large = category->large_max > 0 && random_below(&s->random, LARGE_EVERY) == 0;
    uint32_t min  = is_large ? category->large_min : 0;
    uint32_t max  = is_large ? category->large_max : category->small_max;
    uint32_t len  = min + random_below(&s->random, max - min);
    uint32_t rest = len % RECORD;
    if (max == 0 || !t->body.exists) {
        return 0;
    }
    return rest < SMALLEST_RECORD ? len - rest : len;
}

/* A category is chosen by how much of it is still to come, so that all end together. */
static unsigned choose_category(struct state *s)
{
    uint32_t at = random_below(&s->random, s->total_left);
    unsigned i  = 0;
    while (at >= s->left[i]) {
        at -= s->left[i++];
    }
    return i;
}

/* A template that fits in what is left to write. */
static const struct choice *choose_template(struct state *s, unsigned category, uint32_t *out_count)
{
    enum set set = s->scenario->categories[category].set;
    for (;;) {
        const struct choice *choice = library_choose(&s->library, set, &s->random);
        bool by_connections         = set == SET_PAGES || set == SET_SINGLE;
        *out_count                  = by_connections ? choice->template->num_connections : 1;
        if (*out_count <= s->left[category]) {
            return choice;
        }
    }
}

static uint16_t take_ports(struct state *s, uint32_t client, unsigned count)
{
    if (s->next_port[client] + count > NUM_PORTS) {
        s->next_port[client] = 0;
    }
    uint16_t first       = (uint16_t)(FIRST_PORT + s->next_port[client]);
    s->next_port[client] = (uint16_t)(s->next_port[client] + count);
    return first;
}

static void arrive(struct state *s)
{
    uint32_t count;
    unsigned category           = choose_category(s);
    const struct choice *choice = choose_template(s, category, &count);
    const struct template *t    = choice->template;
    struct conversation *c      = calloc(1, sizeof *c);
    if (c == NULL) {
        fatal("no memory");
    }
    c->template    = t;
    c->seed        = random_next(&s->random);
    c->chance      = (struct random){c->seed};
    c->start_ns    = s->next_arrival_ns;
    c->next_ns     = c->start_ns;
    c->client      = (uint32_t)(s->num_conversations++ % NUM_CLIENTS);
    c->name        = random_below(&s->random, NUM_NAMES);
    c->chain       = choice->first_chain + c->name % choice->num_chains;
    c->first_port  = take_ports(s, c->client, t->num_flows);
    c->num_steps   = (uint16_t)(s->scenario->only_hellos ? t->num_hello_steps : t->num_steps);
    c->body_len    = body_len(s, &s->scenario->categories[category], t);
    c->is_impaired = s->scenario->is_impaired;
    if (s->flood > 0) {
        c->pause_step = (uint16_t)t->num_hello_steps;
        c->pause_ns   = s->scenario->flood_at_ns + s->scenario->flood_len_ns;
    }
    heap_push(s, c);
    s->left[category] -= count;
    s->total_left -= count;
    s->next_arrival_ns += random_below(&s->random, (uint32_t)(2 * s->scenario->arrival_ns));
}

static void send_next(struct state *s)
{
    struct conversation *c = s->heap[0];
    if (!conversation_send(c, s->capture, s->truth)) {
        free(c);
        s->heap[0] = s->heap[--s->heap_len];
    }
    heap_sink(s);
}

/* A SYN with a maximum segment size and nothing else, from an address that no other has: the
 * multiplication by an odd number is a bijection. */
static void send_flood(struct state *s)
{
    uint8_t frame[58] = {2, 0, 0,    0, 0, 2,  2, 0, 0,    0, 0,  1,
                         8, 0, 0x45, 0, 0, 44, 0, 0, 0x40, 0, 64, 6};
    struct layout l   = {.len          = sizeof frame,
                         .ip_at        = 14,
                         .transport_at = 34,
                         .payload_at   = sizeof frame,
                         .protocol     = IPPROTO_TCP};
    uint64_t chance   = random_next(&s->random);
    put_u32(frame + 26, s->flood_at * 2654435761U);
    put_u32(frame + 30, 0xc6120001);
    put_u16(frame + 34, 1024 + (uint32_t)(chance & 0xffff) % 64000);
    put_u16(frame + 36, 443);
    put_u32(frame + 38, (uint32_t)(chance >> 32));
    put_u16(frame + 46, 0x6000 | HT_TCP_SYN);
    put_u16(frame + 48, 64240);
    put_u32(frame + 54, 0x020405b4);
    wire_finish(frame, &l);
    capture_write(s->capture, s->flood_ns, frame, sizeof frame);
    s->truth->flood++;
    s->flood_at++;
    s->flood_ns += s->scenario->flood_len_ns / s->flood;
}

static void run(struct state *s)
{
    for (;;) {
        int64_t sent    = s->heap_len > 0 ? s->heap[0]->next_ns : INT64_MAX;
        int64_t arrival = s->total_left > 0 ? s->next_arrival_ns : INT64_MAX;
        int64_t flood   = s->flood_at < s->flood ? s->flood_ns : INT64_MAX;
        if (sent == INT64_MAX && arrival == INT64_MAX && flood == INT64_MAX) {
            return;
        }
        if (flood <= sent && flood <= arrival) {
            send_flood(s);
        } else if (arrival <= sent) {
            arrive(s);
        } else {
            send_next(s);
        }
    }
}

static uint32_t scaled(uint32_t count, double scale)
{
    double wanted = count * scale;
    return count == 0 ? 0 : wanted < 1 ? 1 : (uint32_t)wanted;
}

void scenario_write(const struct scenario *scenario, const char *samples, double scale,
                    uint64_t seed, struct capture *capture, struct truth *truth)
{
    struct state *s = calloc(1, sizeof *s);
    if (s == NULL) {
        fatal("no memory");
    }
    s->scenario = scenario;
    s->random   = (struct random){mix(seed)};
    s->capture  = capture;
    s->truth    = truth;
    s->flood    = scaled(scenario->flood, scale);
    library_open(&s->library, samples);
    for (unsigned i = 0; i < MAX_CATEGORIES; i++) {
        s->left[i] = scaled(scenario->categories[i].count, scale);
        s->total_left += s->left[i];
    }
    s->next_arrival_ns = s->library.time_ns / 1000000000 * 1000000000;
    s->flood_ns        = s->next_arrival_ns + scenario->flood_at_ns;
    run(s);
    library_close(&s->library);
    free(s->heap);
    free(s);
}
