/*
 * What of a connection must not come twice.
 */
#include "report/observe.h"

static void add_value(const struct observer *o, struct report_values *values, enum report_kind kind,
                      uint16_t group, const uint8_t *bytes, uint64_t frame)
{
    static const uint8_t none[REPORT_VALUE];
    struct report_value value = {.key     = {.kind = (uint32_t)kind, .group = group},
                                 .session = o->session,
                                 .sight   = o->sight,
                                 .last_ns = o->sight.time_ns,
                                 .server  = o->server,
                                 .ja4     = o->ja4};
    value.sight.frame         = frame;
    value.sight.frame_2       = 0;
    memcpy(value.key.value, bytes, REPORT_VALUE);
    if (memcmp(bytes, none, REPORT_VALUE) != 0) {
        report_values_seek(o->state, values, &value);
    }
}

/* Bytes 4 to 19: the first four may be the time (RFC 5246 section 7.4.1.2), the last eight say of
 * a downgrade (RFC 8446 section 4.1.3). */
static void add_random(const struct observer *o, struct report_values *values,
                       enum report_kind kind, struct ht_bytes random, uint64_t frame)
{
    enum { SKIPPED = 4, RANDOM = 32 };
    if (random.len == RANDOM) {
        add_value(o, values, kind, 0, random.ptr + SKIPPED, frame);
    }
}

static void add_shares(const struct observer *o, struct report_values *values,
                       const struct tls_client_hello *hello)
{
    for (size_t i = 0; i < hello->key_share_ends.len / REPORT_VALUE; i++) {
        add_value(o, values, REPORT_CLIENT_SHARE, ht_be16(hello->key_share_groups, i),
                  hello->key_share_ends.ptr + i * REPORT_VALUE, hello->frame);
    }
}

void observe_values(const struct observer *o, struct report_values *values)
{
    const struct tls_details *tls                      = o->c->tls;
    const struct tls_client_hello *hello               = tls->client_hello;
    const struct tls_server_hello *answer              = tls->server_hello;
    const struct tls_server_key_exchange *key_exchange = o->c->key_exchange;
    if (o->session == 0 || hello == NULL || answer == NULL) {
        return;
    }
    add_random(o, values, REPORT_CLIENT_RANDOM, hello->random, hello->frame);
    add_random(o, values, REPORT_SERVER_RANDOM, answer->random, answer->frame);
    if (o->c->version >= TLS_13) {
        add_shares(o, values, hello);
    }
    if (answer->key_share_end.len == REPORT_VALUE) {
        add_value(o, values, REPORT_SERVER_SHARE, answer->key_share_group.id,
                  answer->key_share_end.ptr, answer->frame);
    }
    if (key_exchange != NULL && key_exchange->public_end.len == REPORT_VALUE) {
        add_value(o, values, REPORT_SERVER_DH, key_exchange->group.id, key_exchange->public_end.ptr,
                  o->c->key_exchange_entry->frame);
    }
    if (hello->psk.len > 0 && hello->resumption_key != 0) {
        uint8_t identity[REPORT_VALUE] = {0};
        memcpy(identity, &hello->resumption_key, sizeof hello->resumption_key);
        add_value(o, values, REPORT_TICKET, 0, identity, hello->frame);
    }
}
