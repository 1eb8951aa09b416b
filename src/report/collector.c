#include "report/collector.h"

#include "analysis/certificate/certificate.h"
#include "base/hash.h"
#include "dns/dns.h"
#include "report/observe.h"
#include "tls/tls.h"

#include <stdlib.h>

/*
 * Events: of what must not come twice, its last bytes are kept. They are as good as all of them,
 * since all are meant to be random.
 */

/* A copy of the last bytes in the arena; what is shorter is not worth comparing. */
static struct ht_bytes end_of(struct ht_arena *arena, struct ht_bytes value)
{
    return value.len >= REPORT_VALUE
               ? ht_arena_copy(arena, ht_bytes_from(value, value.len - REPORT_VALUE))
               : ht_bytes(NULL, 0);
}

/* Of each share, in order; zeros for one that is too short, as GREASE is. */
static void keep_shares(struct ht_arena *arena, struct tls_client_hello *hello)
{
    size_t num              = hello->key_share_groups.len / 2;
    uint8_t *ends           = num > 0 ? ht_arena_alloc(arena, num * REPORT_VALUE) : NULL;
    struct ht_reader shares = ht_reader(hello->key_shares);
    for (size_t i = 0; ends != NULL && i < num; i++) {
        rd_skip(&shares, 2);
        struct ht_bytes share = rd_vec(&shares, 2);
        if (share.len >= REPORT_VALUE) {
            memcpy(ends + i * REPORT_VALUE, share.ptr + share.len - REPORT_VALUE, REPORT_VALUE);
        }
    }
    hello->key_share_ends = ht_bytes(ends, ends != NULL ? num * REPORT_VALUE : 0);
}

/* RFC 8446 section 4.1.2: what of a ClientHello is not in a list of ours. */
static size_t body_bytes(const struct tls_client_hello *hello)
{
    enum { VERSION = 2, LENGTHS = 1 + 2 + 1 + 2 };
    return VERSION + hello->random.len + hello->session_id.len + hello->cipher_suites.len +
           hello->compression_methods.len + hello->raw_extensions.len + LENGTHS;
}

static void on_event(void *state, struct ht_analysis *a, const struct ht_event_type *type,
                     void *event)
{
    (void)state;
    if (event == NULL) {
        return;
    }
    if (type == &tls_client_hello_event) {
        keep_shares(a->arena, event);
        ((struct tls_client_hello *)event)->body_bytes = (uint32_t)body_bytes(event);
    } else if (type == &tls_server_hello_event) {
        struct tls_server_hello *hello = event;
        hello->key_share_end           = end_of(a->arena, hello->key_share);
    } else if (type == &tls_server_key_exchange_event) {
        struct tls_server_key_exchange *exchange = event;
        exchange->public_end = end_of(a->arena, exchange->material->public_value);
    } else if (type == &tls_new_session_ticket_event) {
        struct tls_new_session_ticket *ticket = event;
        ticket->key_name =
            ticket->ticket.len > REPORT_VALUE
                ? ht_arena_copy(a->arena, ht_bytes_head(ticket->ticket, REPORT_VALUE))
                : ht_bytes(NULL, 0);
    }
}

/*
 * Certificates, as they are first seen
 */

static uint32_t join_names(struct report_names *names,
                           const struct ht_subject_alternative_names *san)
{
    char text[REPORT_MAX_NAME];
    size_t len = 0;
    for (unsigned kind = 0; san != NULL && kind < 2; kind++) {
        const struct ht_texts *list = kind == 0 ? &san->dns : &san->ip;
        for (size_t i = 0; i < list->len && list->items[i].len + 1 < sizeof text - len; i++) {
            if (list->items[i].len > 0) {
                text[len] = ' ';
                len += len > 0 ? 1 : 0;
                memcpy(text + len, list->items[i].ptr, list->items[i].len);
                len += list->items[i].len;
            }
        }
    }
    return report_names_add(names, ht_bytes(text, len));
}

static void on_certificate(struct report_state *state, const struct ht_certificate *c)
{
    struct report_names *names       = &state->names;
    const struct ht_public_key *key  = c->key;
    struct report_certificate *entry = c->sha256.len == sizeof entry->sha256
                                           ? report_table_add(&state->certificates, c->sha256.ptr)
                                           : NULL;
    if (entry == NULL) {
        return;
    }
    struct report_certificate seen = {
        .subject             = report_names_add(names, c->subject),
        .issuer              = report_names_add(names, c->issuer),
        .serial              = report_names_add(names, c->serial),
        .not_before          = report_names_add(names, c->not_before),
        .not_after           = report_names_add(names, c->not_after),
        .names               = join_names(names, c->san),
        .key_type            = key != NULL ? report_names_add(names, key->type) : 0,
        .key_curve           = key != NULL ? report_names_add(names, key->curve) : 0,
        .key_bits            = key != NULL ? (uint32_t)key->bits : 0,
        .modulus             = key != NULL ? report_names_add(names, key->modulus) : 0,
        .signature_algorithm = report_names_add(names, c->signature_algorithm),
        .spki                = report_names_add(names, c->spki_sha256),
        .known               = 1,
        .is_ca               = c->is_ca,
        .self_signed         = c->self_signed};
    memcpy(seen.sha256, c->sha256.ptr, sizeof seen.sha256);
    report_certificate_merge(entry, &seen);
}

static void on_record(void *state, struct ht_analysis *a, const struct ht_record_type *type,
                      void *record)
{
    if (type == &ht_certificate_record) {
        on_certificate(state, record);
    } else if (type == &dns_transaction_record) {
        report_observe_lookup(state, a, record);
    }
}

static void judge(void *state, struct ht_analysis *a, struct ht_connection *connection)
{
    (void)a;
    report_observe(state, connection);
}

static bool init(void *state, const struct ht_analysis_settings *settings, struct ht_error *error)
{
    (void)error;
    report_state_init(state, settings);
    return true;
}

static void fini(void *state)
{
    report_state_free(state);
}

/* Names of sources are numbered in the order of the run, in all engines alike. */
static void on_source(void *state, struct ht_bytes name)
{
    (void)report_names_add(&((struct report_state *)state)->names, name);
}

static const struct ht_event_type *const events[] = {
    &tls_client_hello_event, &tls_server_hello_event, &tls_server_key_exchange_event,
    &tls_new_session_ticket_event, NULL};

const struct ht_analyzer ht_collector_analyzer = {
    .name       = "collector",
    .state_size = sizeof(struct report_state),
    .init       = init,
    .fini       = fini,
    .source     = on_source,
    .event      = on_event,
    .events     = events,
    .record     = on_record,
    .judge      = judge,
};
