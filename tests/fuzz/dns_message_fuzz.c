/*
 * A DNS message, and a list of ECHConfigs. What is found must have its text, and stay within the
 * bounds that the header and the message's length set; that which passes whole must not pass with a
 * byte after it.
 */
#include "dns/ech.h"
#include "dns/message.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static void demand(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check(const struct dns_message *m, struct ht_bytes message)
{
    size_t text = 0;
    demand(m->num_questions <= m->counts[0]);
    for (size_t i = 0; i < m->num_questions; i++) {
        demand(m->limit_reached || m->questions[i].name.len > 0);
        text += m->questions[i].name.len;
    }
    for (size_t section = 0; section < DNS_NUM_SECTIONS; section++) {
        demand(m->num_records[section] <= m->counts[1 + section]);
        demand(m->num_records[section] * 11 <= message.len);
        for (size_t i = 0; i < m->num_records[section]; i++) {
            const struct dns_answer *record = &m->records[section][i];
            demand(m->limit_reached || (record->name.len > 0 && record->type.len > 0));
            text += record->name.len + record->data.len;
        }
    }
    demand(text <= DNS_MAX_TEXT);
}

/* What is skimmed is good, and known by the same. */
static void check_skim(struct ht_bytes message, bool good, const struct dns_message *m)
{
    struct dns_gist skimmed, parsed = dns_gist(m);
    if (dns_query_skim(message, &skimmed)) {
        demand(good && skimmed.id == parsed.id && skimmed.asked_len == parsed.asked_len &&
               skimmed.asked_type == parsed.asked_type && skimmed.opcode == parsed.opcode &&
               skimmed.header && !skimmed.response && !parsed.response &&
               skimmed.edns == parsed.edns);
    }
}

static bool parse(struct ht_bytes message, enum dns_kind kind)
{
    struct ht_arena arena = {0};
    struct dns_message m;
    bool good = dns_message_parse(message, kind, &arena, &m);
    check(&m, message);
    if (kind == DNS_UNICAST) {
        check_skim(message, good, &m);
    }
    ht_arena_clear(&arena);
    return good;
}

/* What a service record may hold, without the record around it. */
static void parse_ech(struct ht_bytes list)
{
    struct ht_arena arena = {0};
    struct ht_objects configs;
    (void)dns_ech_parse(list, &arena, &configs);
    demand(configs.len <= DNS_ECH_MAX_CONFIGS);
    for (size_t i = 0; i < configs.len; i++) {
        const struct dns_ech_config *config = (const struct dns_ech_config *)configs.items + i;
        (void)ht_arena_copy(&arena, config->public_name);
        (void)ht_arena_copy(&arena, config->suites);
    }
    ht_arena_clear(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ht_bytes message = ht_bytes(data, len);
    bool good               = parse(message, DNS_UNICAST);
    parse_ech(message);
    (void)parse(message,
                DNS_MULTICAST); /* may differ: a class that means "no data" may be masked */
    (void)parse(message, DNS_NETBIOS);
    if (good && len < 4096) {
        uint8_t *longer = calloc(1, len + 1);
        demand(longer != NULL);
        memcpy(longer, data, len);
        demand(!parse(ht_bytes(longer, len + 1), DNS_UNICAST));
        free(longer);
    }
    return 0;
}
