#include "ssl2/messages.h"

enum { KIND = 3 };

/*
 * A record's header: without padding the first bit is set, and 15 bits of length follow; else that
 * bit is clear, the second says security escape (of no meaning), 14 bits of length follow and a
 * byte that says how many of these are padding.
 */
bool ssl2_record_header(struct ht_bytes in, struct ssl2_record *out)
{
    struct ht_reader r = ht_reader(in);
    uint16_t first     = rd_u16(&r);
    *out               = (struct ssl2_record){0};
    if ((first & 0x8000) != 0) {
        out->header = SSL2_HEADER;
        out->length = first & 0x7FFF;
    } else {
        out->header  = SSL2_HEADER_WITH_PADDING;
        out->length  = first & 0x3FFF;
        out->padding = rd_u8(&r);
    }
    return !r.bad && out->length > out->padding;
}

/*
 * char MSG-CLIENT-HELLO
 * char CLIENT-VERSION-MSB, CLIENT-VERSION-LSB
 * char CIPHER-SPECS-LENGTH-MSB, …-LSB
 * char SESSION-ID-LENGTH-MSB, …-LSB
 * char CHALLENGE-LENGTH-MSB, …-LSB
 * char CIPHER-SPECS-DATA[…], SESSION-ID-DATA[…], CHALLENGE-DATA[…]
 */
bool ssl2_client_hello_parse(struct ht_bytes message, struct ssl2_client_hello *out)
{
    struct ht_reader r    = ht_reader(message);
    uint8_t type          = rd_u8(&r);
    *out                  = (struct ssl2_client_hello){.version = rd_u16(&r)};
    size_t specs_len      = rd_u16(&r);
    size_t session_id_len = rd_u16(&r);
    size_t challenge_len  = rd_u16(&r);
    out->cipher_specs     = rd_take(&r, specs_len);
    out->session_id       = rd_take(&r, session_id_len);
    out->challenge        = rd_take(&r, challenge_len);
    bool version          = out->version == SSL2_VERSION || out->version >> 8 == TLS_10 >> 8;
    return rd_done(&r) && type == SSL2_CLIENT_HELLO && version && specs_len > 0 &&
           specs_len % KIND == 0 && session_id_len <= 32 && challenge_len >= 16 &&
           challenge_len <= 32;
}

/*
 * char MSG-SERVER-HELLO
 * char SESSION-ID-HIT
 * char CERTIFICATE-TYPE
 * char SERVER-VERSION-MSB, SERVER-VERSION-LSB
 * char CERTIFICATE-LENGTH-MSB, …-LSB
 * char CIPHER-SPECS-LENGTH-MSB, …-LSB
 * char CONNECTION-ID-LENGTH-MSB, …-LSB
 * char CERTIFICATE-DATA[…], CIPHER-SPECS-DATA[…], CONNECTION-ID-DATA[…]
 */
bool ssl2_server_hello_parse(struct ht_bytes message, struct ssl2_server_hello *out)
{
    struct ht_reader r       = ht_reader(message);
    uint8_t type             = rd_u8(&r);
    uint8_t hit              = rd_u8(&r);
    *out                     = (struct ssl2_server_hello){.session_id_hit = hit != 0};
    out->certificate_type    = rd_u8(&r);
    out->version             = rd_u16(&r);
    size_t certificate_len   = rd_u16(&r);
    size_t specs_len         = rd_u16(&r);
    size_t connection_id_len = rd_u16(&r);
    out->certificate         = rd_take(&r, certificate_len);
    out->cipher_specs        = rd_take(&r, specs_len);
    out->connection_id       = rd_take(&r, connection_id_len);
    return rd_done(&r) && type == SSL2_SERVER_HELLO && hit <= 1 && out->version == SSL2_VERSION &&
           specs_len % KIND == 0 && connection_id_len <= 32;
}

static struct ht_bytes copy_text(struct ht_arena *arena, const char *text)
{
    return ht_arena_copy(arena, ht_text(text));
}

static uint32_t kind_at(struct ht_bytes specs, size_t i)
{
    return (uint32_t)specs.ptr[i * KIND] << 16 | (uint32_t)specs.ptr[i * KIND + 1] << 8 |
           specs.ptr[i * KIND + 2];
}

/* A suite of TLS has a zero before it (RFC 5246 appendix E.2). So has one of SSL 2.0: 0x000000 is
 * called SSL_CK_NULL_WITH_MD5, for TLS_NULL_WITH_NULL_NULL is never offered. */
static struct ht_bytes kind_name(uint32_t kind, struct ht_arena *arena)
{
    char room[HT_SPELLED_MAX];
    const struct ht_registry *names =
        kind >> 16 == 0 && kind != 0 ? &tls_cipher_suites : &ssl2_cipher_kinds;
    const struct ht_registry_entry *entry = ht_registry_find(names, kind);
    return entry != NULL ? ht_text(entry->name)
                         : copy_text(arena, ht_registry_spell(room, names, kind));
}

/*
 * char MSG-CLIENT-MASTER-KEY
 * char CIPHER-KIND[3]
 * char CLEAR-KEY-LENGTH-MSB, …-LSB
 * char ENCRYPTED-KEY-LENGTH-MSB, …-LSB
 * char KEY-ARG-LENGTH-MSB, …-LSB
 * char CLEAR-KEY-DATA[…], ENCRYPTED-KEY-DATA[…], KEY-ARG-DATA[…]
 */
bool ssl2_client_master_key_parse(struct ht_bytes message, struct ht_arena *scratch,
                                  struct ssl2_client_master_key *out)
{
    struct ht_reader r       = ht_reader(message);
    uint8_t type             = rd_u8(&r);
    uint32_t kind            = rd_u24(&r);
    *out                     = (struct ssl2_client_master_key){0};
    out->clear_key_bytes     = rd_u16(&r);
    out->encrypted_key_bytes = rd_u16(&r);
    out->key_argument_bytes  = rd_u16(&r);
    if (!r.bad) {
        const struct ht_registry_entry *entry = ht_registry_find(&ssl2_cipher_kinds, kind);
        out->cipher_kind                      = kind_name(kind, scratch);
        out->export_strength                  = entry != NULL && entry->note[0] != '\0';
    }
    rd_skip(&r, (size_t)out->clear_key_bytes + out->encrypted_key_bytes + out->key_argument_bytes);
    return rd_done(&r) && type == SSL2_CLIENT_MASTER_KEY;
}

/* The draft's section 5.4. */
bool ssl2_error_parse(struct ht_bytes message, struct ht_arena *scratch, struct ssl2_error *out)
{
    static const char *const names[] = {NULL,
                                        "no_cipher_error",
                                        "no_certificate_error",
                                        NULL,
                                        "bad_certificate_error",
                                        NULL,
                                        "unsupported_certificate_type_error"};
    static const char digits[]       = "0123456789abcdef";
    struct ht_reader r               = ht_reader(message);
    uint8_t type                     = rd_u8(&r);
    uint16_t code                    = rd_u16(&r);
    char spelled[]                   = "0x0000";
    *out                             = (struct ssl2_error){0};
    for (unsigned i = 0; i < 4; i++) {
        spelled[2 + i] = digits[code >> (12 - 4 * i) & 15];
    }
    if (!r.bad) {
        const char *name = code < HT_ARRAY_LEN(names) ? names[code] : NULL;
        out->error       = name != NULL ? ht_text(name) : copy_text(scratch, spelled);
    }
    return rd_done(&r) && type == SSL2_ERROR;
}

struct ht_texts ssl2_kind_names(struct ht_bytes cipher_specs, struct ht_arena *arena)
{
    size_t num             = cipher_specs.len / KIND;
    struct ht_bytes *names = ht_arena_alloc(arena, num * sizeof *names);
    for (size_t i = 0; names != NULL && i < num; i++) {
        names[i] = kind_name(kind_at(cipher_specs, i), arena);
    }
    return (struct ht_texts){.items = names, .len = names != NULL ? num : 0};
}

struct ht_bytes ssl2_tls_suites(struct ht_bytes cipher_specs, struct ht_arena *arena)
{
    size_t num = cipher_specs.len / KIND, len = 0;
    uint8_t *suites = ht_arena_alloc(arena, num * 2);
    for (size_t i = 0; suites != NULL && i < num; i++) {
        uint32_t kind = kind_at(cipher_specs, i);
        if (kind >> 16 == 0) {
            suites[len++] = (uint8_t)(kind >> 8);
            suites[len++] = (uint8_t)kind;
        }
    }
    return ht_bytes(suites, len);
}
