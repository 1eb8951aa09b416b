/*
 * The pure parts of DTLS: wrappings, records, fragments, and their reassembly on one side. The
 * first byte is the length of connection ids, the rest a datagram; each record's fragments go on
 * into the reassembly, which must stay sorted, without overlap, and within its bounds.
 */
#include "dtls/handshake.h"
#include "dtls/record.h"
#include "fuzz.h"

#include <stdlib.h>

enum { MAX_HELD = 4096 };

static void check(const struct dtls_reassembly *r, const struct ht_buffer *held)
{
    size_t have = 0;
    for (size_t i = 0; i < r->num_waiting; i++) {
        have += r->waiting[i].have;
        if (r->waiting[i].have > r->waiting[i].length ||
            (i > 0 && r->waiting[i - 1].message_seq >= r->waiting[i].message_seq)) {
            abort();
        }
    }
    if (r->num_waiting > DTLS_MAX_WAITING || r->num_pieces > DTLS_MAX_PIECES || have > held->len ||
        held->len > MAX_HELD) {
        abort();
    }
}

static void take(struct dtls_reassembly *r, const struct dtls_fragment *fragment,
                 struct ht_buffer *held, struct ht_arena *arena)
{
    struct dtls_waiting *waiting;
    (void)dtls_reassembly_take(r, fragment, held, arena, &waiting);
    check(r, held);
    const struct dtls_waiting *first = dtls_reassembly_first(r);
    if (first != NULL && first->have == first->length) {
        struct ht_bytes body = dtls_reassembly_body(r, held, arena);
        struct ht_bytes id;
        if (body.len != first->length) {
            abort();
        }
        (void)dtls_hello_connection_id(first->type, body, &id);
        dtls_reassembly_drop(r, held);
    }
}

static void take_record(struct dtls_reassembly *r, const struct dtls_record *record,
                        struct ht_buffer *held, struct ht_arena *arena)
{
    struct ht_reader in = ht_reader(record->fragment);
    struct dtls_fragment fragment;
    while (rd_more(&in) &&
           dtls_fragment_read(&in, record->fragment.len < record->length, &fragment)) {
        take(r, &fragment, held, arena);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ht_budget budget   = {.max = (size_t)16 << 20};
    struct ht_arena arena     = {.budget = &budget};
    struct ht_buffer held     = {.max = MAX_HELD, .budget = &budget};
    struct dtls_reassembly r  = {0};
    struct dtls_record record = {0};
    const char *within;
    struct ht_reader in        = ht_reader(ht_bytes(data, len));
    size_t id_length           = rd_u8(&in) % 32;
    struct ht_bytes datagram   = rd_rest(&in);
    struct ht_reader datagrams = ht_reader(dtls_unwrap(datagram, &within));
    (void)dtls_begins(datagram);
    while (rd_more(&datagrams) && dtls_record_read(&datagrams, id_length, true, &record)) {
        take_record(&r, &record, &held, &arena);
    }
    while (dtls_reassembly_first(&r) != NULL) {
        (void)dtls_reassembly_body(&r, &held, &arena);
        dtls_reassembly_drop(&r, &held);
    }
    ht_buffer_free(&held);
    ht_arena_clear(&arena);
    return 0;
}
