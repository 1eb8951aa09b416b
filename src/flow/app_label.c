/*
 * Application labels by libndpi 4.2. The only file that knows it.
 */
#include "flow/app_label.h"

#include "base/fetch.h"
#include "base/hash.h"

#include <ndpi_api.h>
#include <pthread.h>
#include <stdlib.h>

enum {
    MAX_PACKETS     = 12,   /* of a flow: what libndpi does not know then, it hardly ever learns */
    MAX_SERVER_NAME = 255,  /* RFC 1035 section 2.3.4 */
    VERDICT_SETS    = 2048, /* 128 KiB */
    VERDICT_WAYS    = 8,
    /* A verdict's bits below those of the name's hash. */
    CATEGORY_BITS = 8,
    VERDICT_BITS  = 20
};

/* What libndpi said of a name, protocol and category; 0: it does not know it. */
struct verdict {
    uint16_t protocol, category;
};

/* Names and what was said of them, the latest first; 0: none. A name stands there by 43 bits of its
 * hash alone, so that what is remembered of thousands stays in the cache: with a secret seed no two
 * names meet on purpose. */
struct verdict_set {
    _Alignas(HT_CACHE_LINE) uint64_t verdicts[VERDICT_WAYS];
};

/* What libndpi learns from packets depends on their order: only what it knows of names is shared.
 * But that is a module as any other, and whoever comes first has its packets looked at by it. */
struct ht_label_tables {
    pthread_mutex_t lock; /* of all here, and of the making of modules: libndpi counts meanwhile */
    struct ndpi_detection_module_struct *module; /* made when first needed: 9 ms and 4.5 MB */
    bool failed;                                 /* it cannot be made */
    unsigned num_labelers;                       /* that were made */
};

struct ht_labeler {
    struct ht_label_tables *tables;
    struct ht_budget *budget;
    bool is_first;
    struct ndpi_detection_module_struct *names;   /* the tables'; NULL: not asked for yet */
    struct ndpi_detection_module_struct *packets; /* its own; NULL: the first one's, or not yet */
    bool failed;                                  /* that cannot be made */
    uint64_t seed;
    struct verdict_set *verdicts; /* NULL: no memory, each name is asked of anew */
};

struct flow_state {
    struct ndpi_flow_struct flow;
    unsigned num_packets;
    size_t counted; /* of what libndpi holds, in the budget */
};

void ht_labeler_use_memory(void *(*take)(size_t len), void (*give)(void *piece))
{
    set_ndpi_malloc(take);
    set_ndpi_free(give);
}

struct ht_label_tables *ht_label_tables_new(void)
{
    struct ht_label_tables *tables = calloc(1, sizeof *tables);
    if (tables != NULL) {
        (void)pthread_mutex_init(&tables->lock, NULL);
    }
    return tables;
}

void ht_label_tables_free(struct ht_label_tables *tables)
{
    if (tables == NULL) {
        return;
    }
    if (tables->module != NULL) {
        ndpi_exit_detection_module(tables->module);
    }
    (void)pthread_mutex_destroy(&tables->lock);
    free(tables);
}

struct ht_labeler *ht_labeler_new(struct ht_label_tables *tables, uint64_t seed,
                                  struct ht_budget *budget)
{
    struct ht_labeler *labeler = calloc(1, sizeof *labeler);
    if (labeler != NULL) {
        labeler->tables   = tables;
        labeler->budget   = budget;
        labeler->is_first = tables->num_labelers++ == 0;
        labeler->seed     = seed;
    }
    return labeler;
}

void ht_labeler_free(struct ht_labeler *labeler)
{
    if (labeler == NULL) {
        return;
    }
    if (labeler->packets != NULL && !labeler->is_first) {
        ndpi_exit_detection_module(labeler->packets);
    }
    free(labeler->verdicts);
    free(labeler);
}

/* The structs are part of libndpi's interface and change with each of its versions. */
static bool is_library_as_compiled(void)
{
    return ndpi_get_api_version() == NDPI_API_VERSION &&
           ndpi_detection_get_sizeof_ndpi_flow_struct() == sizeof(struct ndpi_flow_struct);
}

/* The addresses of Tor's relays are a quarter of the time and the memory, and out of date. QUIC is
 * left out because it alone needs libgcrypt, which opens files when it starts: inside the sandbox
 * that fails. */
static struct ndpi_detection_module_struct *new_module(void)
{
    if (!is_library_as_compiled()) {
        return NULL;
    }
    struct ndpi_detection_module_struct *module =
        ndpi_init_detection_module(ndpi_dont_load_tor_hosts | ndpi_dont_init_libgcrypt);
    if (module != NULL) {
        NDPI_PROTOCOL_BITMASK protocols;
        NDPI_BITMASK_SET_ALL(protocols);
        protocols.fds_bits[NDPI_PROTOCOL_QUIC / NDPI_BITS] &=
            ~(UINT32_C(1) << NDPI_PROTOCOL_QUIC % NDPI_BITS);
        ndpi_set_protocol_detection_bitmask2(module, &protocols);
        ndpi_finalize_initialization(module);
    }
    return module;
}

/* What names are asked of; NULL where it cannot be made. */
static struct ndpi_detection_module_struct *names_of(struct ht_labeler *labeler)
{
    struct ht_label_tables *tables = labeler->tables;
    if (labeler->names == NULL) {
        (void)pthread_mutex_lock(&tables->lock);
        if (tables->module == NULL && !tables->failed) {
            tables->module = new_module();
            tables->failed = tables->module == NULL;
        }
        labeler->names = tables->module;
        (void)pthread_mutex_unlock(&tables->lock);
    }
    return labeler->names;
}

/* What packets are shown to; NULL where it cannot be made. */
static struct ndpi_detection_module_struct *packets_of(struct ht_labeler *labeler)
{
    if (labeler->is_first) {
        return names_of(labeler);
    }
    if (labeler->packets == NULL && !labeler->failed) {
        (void)pthread_mutex_lock(&labeler->tables->lock);
        labeler->packets = new_module();
        (void)pthread_mutex_unlock(&labeler->tables->lock);
        labeler->failed = labeler->packets == NULL;
    }
    return labeler->packets;
}

static void set_label(struct ndpi_detection_module_struct *module, uint16_t protocol,
                      ndpi_protocol_category_t category, struct ht_app_label *out)
{
    out->name     = ndpi_get_proto_name(module, protocol);
    out->category = category != NDPI_PROTOCOL_CATEGORY_UNSPECIFIED
                        ? ndpi_category_get_name(module, category)
                        : NULL;
    out->source   = "ndpi";
}

static struct flow_state *state_of(const struct ht_labeler *labeler, void **flow_state)
{
    if (*flow_state == NULL) {
        struct flow_state *state = ht_block_take(labeler->budget, sizeof *state);
        if (state != NULL) {
            memset(state, 0, sizeof *state);
            ht_budget_claim(labeler->budget, sizeof *state);
        }
        *flow_state = state;
    }
    return *flow_state;
}

/* What libndpi read of a flow as TLS: 2 KB at first. Its other members of a flow hold little. */
static message_t *tls_bytes(struct ndpi_flow_struct *flow)
{
    return flow->l4_proto == IPPROTO_TCP ? &flow->l4.tcp.tls.message : NULL;
}

/* libndpi keeps them also of a flow that does not begin as TLS. */
static void drop_strange_bytes(struct ndpi_flow_struct *flow)
{
    enum { FIRST_TYPE = 20, LAST_TYPE = 24, MAJOR = 3 /* RFC 8446 section 5.1 */ };
    message_t *bytes = tls_bytes(flow);
    if (bytes == NULL || bytes->buffer_used < 2) {
        return;
    }
    bool is_type = bytes->buffer[0] >= FIRST_TYPE && bytes->buffer[0] <= LAST_TYPE;
    if (!is_type || bytes->buffer[1] != MAJOR) {
        ndpi_free(bytes->buffer);
        bytes->buffer     = NULL;
        bytes->buffer_len = bytes->buffer_used = 0;
    }
}

/* Counts in the budget what of a flow is held now. */
static void count_bytes(const struct ht_labeler *labeler, struct flow_state *state)
{
    const message_t *bytes = tls_bytes(&state->flow);
    size_t held            = bytes != NULL ? bytes->buffer_len : 0;
    ht_budget_give(labeler->budget, state->counted);
    ht_budget_claim(labeler->budget, held);
    state->counted = held;
}

/* Shows it to libndpi, the last one of a flow too if it is that. */
static ndpi_protocol show(struct ndpi_detection_module_struct *module,
                          struct ndpi_flow_struct *flow, struct ht_bytes packet, int64_t time_ns,
                          bool last)
{
    uint64_t time_ms    = time_ns > 0 ? (uint64_t)time_ns / 1000000 : 0;
    ndpi_protocol found = ndpi_detection_process_packet(module, flow, packet.ptr,
                                                        (unsigned short)packet.len, time_ms);
    if (last && found.app_protocol == NDPI_PROTOCOL_UNKNOWN &&
        found.master_protocol == NDPI_PROTOCOL_UNKNOWN) {
        uint8_t guessed = 0; /* never: by the port number alone anything is HTTP */
        found           = ndpi_detection_giveup(module, flow, 0, &guessed);
    }
    /* What follows from other connections would depend on those that this labeller saw before. */
    return flow->confidence == NDPI_CONFIDENCE_DPI_CACHE ? (ndpi_protocol){0} : found;
}

bool ht_labeler_feed(struct ht_labeler *labeler, void **flow_state, struct ht_bytes ip_packet,
                     int64_t time_ns, bool from_client, struct ht_app_label *out)
{
    (void)from_client; /* version 4.2 finds the direction by itself */
    struct ndpi_detection_module_struct *module = packets_of(labeler);
    struct flow_state *state = module != NULL ? state_of(labeler, flow_state) : NULL;
    if (state == NULL) {
        return true;
    }
    struct ht_bytes packet = ht_bytes_head(ip_packet, UINT16_MAX);
    bool last              = ++state->num_packets >= MAX_PACKETS;
    if (labeler->is_first) {
        (void)pthread_mutex_lock(&labeler->tables->lock);
    }
    ndpi_protocol found = show(module, &state->flow, packet, time_ns, last);
    if (labeler->is_first) {
        (void)pthread_mutex_unlock(&labeler->tables->lock);
    }
    drop_strange_bytes(&state->flow);
    count_bytes(labeler, state);
    uint16_t protocol =
        found.app_protocol != NDPI_PROTOCOL_UNKNOWN ? found.app_protocol : found.master_protocol;
    if (protocol == NDPI_PROTOCOL_UNKNOWN) {
        return last;
    }
    set_label(module, protocol, found.category, out);
    return last || ndpi_extra_dissection_possible(module, &state->flow) == 0;
}

/* All of it 0 where libndpi does not know the name. */
static struct verdict ask(struct ht_labeler *labeler, struct ht_bytes server_name)
{
    char name[MAX_SERVER_NAME + 1];
    memcpy(name, server_name.ptr, server_name.len);
    name[server_name.len]              = '\0';
    ndpi_protocol_match_result matched = {0};
    (void)pthread_mutex_lock(&labeler->tables->lock);
    int protocol =
        ndpi_match_string_subprotocol(labeler->names, name, (unsigned)server_name.len, &matched);
    (void)pthread_mutex_unlock(&labeler->tables->lock);
    bool known = protocol > NDPI_PROTOCOL_UNKNOWN && protocol < NDPI_NUM_BITS;
    return known ? (struct verdict){.protocol = (uint16_t)protocol,
                                    .category = (uint16_t)matched.protocol_category}
                 : (struct verdict){0};
}

static uint64_t hash_of(const struct ht_labeler *labeler, struct ht_bytes server_name)
{
    return ht_hash(server_name, labeler->seed);
}

/* The name, where nothing is said of it yet; never 0. */
static uint64_t name_of(uint64_t hash)
{
    return (hash | UINT64_C(1) << 63) >> VERDICT_BITS << VERDICT_BITS;
}

static uint64_t pack(struct verdict verdict)
{
    _Static_assert(NDPI_PROTOCOL_NUM_CATEGORIES <= 1 << CATEGORY_BITS, "a category has its bits");
    _Static_assert(NDPI_NUM_BITS <= 1 << (VERDICT_BITS - CATEGORY_BITS), "a protocol has its bits");
    return (uint64_t)verdict.protocol << CATEGORY_BITS | verdict.category;
}

static struct verdict unpack(uint64_t packed)
{
    const uint64_t protocols  = (UINT64_C(1) << (VERDICT_BITS - CATEGORY_BITS)) - 1;
    const uint64_t categories = (UINT64_C(1) << CATEGORY_BITS) - 1;
    return (struct verdict){.protocol = (uint16_t)(packed >> CATEGORY_BITS & protocols),
                            .category = (uint16_t)(packed & categories)};
}

static struct verdict_set *set_of(struct ht_labeler *labeler, uint64_t hash)
{
    if (labeler->verdicts == NULL) {
        size_t size       = VERDICT_SETS * sizeof *labeler->verdicts;
        labeler->verdicts = aligned_alloc(HT_CACHE_LINE, size);
        if (labeler->verdicts == NULL) {
            return NULL;
        }
        memset(labeler->verdicts, 0, size);
    }
    return &labeler->verdicts[hash % VERDICT_SETS];
}

/* What was said of the name, or is now. */
static struct verdict verdict_of(struct ht_labeler *labeler, struct ht_bytes server_name)
{
    uint64_t hash = hash_of(labeler, server_name), name = name_of(hash);
    struct verdict_set *set = set_of(labeler, hash);
    if (set == NULL) {
        return ask(labeler, server_name);
    }
    uint64_t *verdicts = set->verdicts;
    for (size_t way = 0; way < VERDICT_WAYS; way++) {
        if ((verdicts[way] ^ name) >> VERDICT_BITS == 0) {
            return unpack(verdicts[way]);
        }
    }
    struct verdict verdict = ask(labeler, server_name);
    memmove(&verdicts[1], &verdicts[0], (VERDICT_WAYS - 1) * sizeof verdicts[0]);
    verdicts[0] = name | pack(verdict);
    return verdict;
}

void ht_labeler_fetch(struct ht_labeler *labeler, struct ht_bytes server_name)
{
    const struct verdict_set *set = set_of(labeler, hash_of(labeler, server_name));
    if (set != NULL) {
        ht_fetch(set);
    }
}

void ht_labeler_by_server_name(struct ht_labeler *labeler, struct ht_bytes server_name,
                               struct ht_app_label *out)
{
    struct ndpi_detection_module_struct *module = names_of(labeler);
    if (module == NULL || server_name.len == 0 || server_name.len > MAX_SERVER_NAME) {
        return;
    }
    struct verdict verdict = verdict_of(labeler, server_name);
    if (verdict.protocol != NDPI_PROTOCOL_UNKNOWN) {
        set_label(module, verdict.protocol, (ndpi_protocol_category_t)verdict.category, out);
    }
}

void ht_labeler_flow_free(struct ht_labeler *labeler, void **flow_state)
{
    if (flow_state == NULL || *flow_state == NULL) {
        return;
    }
    struct flow_state *state = *flow_state;
    ndpi_free_flow_data(&state->flow);
    ht_budget_give(labeler->budget, sizeof *state + state->counted);
    ht_block_give(labeler->budget, state, sizeof *state);
    *flow_state = NULL;
}
