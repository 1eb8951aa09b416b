#include "fingerprint.h"

/* RFC 9001 section 8.2 and its drafts: only a hello in QUIC may carry the extension. */
enum { EXTENSION_QUIC_PARAMETERS = 0x0039, EXTENSION_QUIC_PARAMETERS_DRAFT = 0xFFA5 };

/* An analyzer is not told what carries the hello, but the hello itself tells: DTLS by its version
 * (RFC 6347 section 4.1, and that of the draft that Cisco's AnyConnect kept), QUIC by its transport
 * parameters. */
static char transport_of(const struct tls_client_hello *hello)
{
    enum { DTLS_MAJOR = 0xFE, DTLS_DRAFT = 0x0100 };
    uint16_t version = hello->legacy_version.id;
    if (version >> 8 == DTLS_MAJOR || version == DTLS_DRAFT) {
        return HT_JA4_DTLS;
    }
    for (size_t i = 0; i < hello->extensions.len / 2; i++) {
        uint16_t type = ht_be16(hello->extensions, i);
        if (type == EXTENSION_QUIC_PARAMETERS || type == EXTENSION_QUIC_PARAMETERS_DRAFT) {
            return HT_JA4_QUIC;
        }
    }
    return HT_JA4_TCP;
}

static void fingerprint_client(struct ht_arena *arena, struct tls_client_hello *hello)
{
    struct ht_ja4 ja4 = ht_ja4(arena, transport_of(hello), hello);
    hello->ja3        = ht_ja3(arena, hello);
    hello->ja4        = ja4.hashed;
    hello->ja4_r      = ja4.raw;
}

static void on_event(void *state, struct ht_analysis *a, const struct ht_event_type *type,
                     void *event)
{
    (void)state;
    if (type == &tls_client_hello_event) {
        fingerprint_client(a->arena, event);
    } else if (type == &tls_server_hello_event) {
        struct tls_server_hello *hello = event;
        hello->ja3s                    = ht_ja3s(a->arena, hello);
    }
}

const struct ht_analyzer ht_fingerprint_analyzer = {
    .name  = "fingerprint",
    .event = on_event,
};
