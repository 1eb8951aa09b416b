#include "analysis/post_quantum/post_quantum.h"

#include "tls/session.h"

bool ht_post_quantum_group(uint16_t group)
{
    enum { FIRST = 0x0200 }; /* all before are elliptic curves and finite fields */
    const struct ht_registry_entry *entry =
        group >= FIRST ? ht_registry_find(&tls_groups, group) : NULL;
    return entry != NULL &&
           (strncmp(entry->note, "hybrid", 6) == 0 || strncmp(entry->note, "pq-", 3) == 0);
}

uint16_t ht_post_quantum_offered(struct ht_bytes groups)
{
    for (size_t i = 0; i < groups.len / 2; i++) {
        if (ht_post_quantum_group(ht_be16(groups, i))) {
            return ht_be16(groups, i);
        }
    }
    return 0;
}

static bool is_offered(const struct tls_details *tls)
{
    return tls->client_hello != NULL && ht_post_quantum_offered(tls->client_hello->groups) != 0;
}

/* What it offers may stand in what was not captured of it. */
static bool is_cut(const struct tls_client_hello *hello)
{
    return hello->ja4.len == 0 && hello->groups.len == 0;
}

/* One of the words in post_quantum.h; NULL: there are no hellos to judge by. */
static const char *judge(const struct tls_details *tls)
{
    if (!tls->version.set) {
        return is_offered(tls) ? "server_unknown" : NULL;
    }
    if (tls->group.set && ht_post_quantum_group(tls->group.id)) {
        return "pq_protected";
    }
    if (tls_comparable(tls->version.id) < TLS_13) {
        return "version_too_old";
    }
    if (tls->client_hello == NULL || is_cut(tls->client_hello)) {
        return NULL;
    }
    return is_offered(tls) ? "server_declined" : "client_not_capable";
}

/* What passed under these secrets; of QUIC, which does not say what is application data, all. */
static uint64_t bytes_said(const struct ht_connection *c, const struct tls_details *tls)
{
    static const char quic[] = "quic";
    return ht_bytes_equal(c->protocol, ht_text(quic))
               ? c->client->payload_bytes + c->server->payload_bytes
               : tls->client_data_bytes + tls->server_data_bytes;
}

static void see_connection(void *state, struct ht_analysis *a, struct ht_connection *c)
{
    (void)state;
    if (c->details.type != &tls_details_struct) {
        return;
    }
    const struct tls_details *tls = c->details.object;
    const char *verdict           = judge(tls);
    struct tls_details *more      = verdict != NULL ? ht_arena_alloc(a->arena, sizeof *more) : NULL;
    if (more == NULL) {
        return;
    }
    *more              = *tls;
    more->post_quantum = verdict;
    if (tls->version.set && strcmp(verdict, "pq_protected") != 0) {
        more->harvestable_bytes = bytes_said(c, tls);
    }
    c->details.object = more;
}

const struct ht_analyzer ht_post_quantum_analyzer = {
    .name       = "post_quantum",
    .connection = see_connection,
};
