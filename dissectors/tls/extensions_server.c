/*
 * The extensions of a ServerHello and a HelloRetryRequest (RFC 8446 section 4.2, and the RFC named
 * at each). Those of TLS 1.3 that are encrypted are in messages13.c.
 */
#include "tls/extensions.h"
#include "tls/sct.h"

struct reading {
    struct tls_server_hello *hello;
    struct tls_server_choices choices;
    bool any_choice;
};

static struct tls_server_choices *choices(void *out)
{
    struct reading *reading = out;
    reading->any_choice     = true;
    return &reading->choices;
}

static struct tls_server_hello *hello_of(void *out)
{
    return ((struct reading *)out)->hello;
}

static void read_max_fragment_length(struct tls_extension *extension, void *out)
{
    choices(out)->max_fragment_length = tls_take_fragment_length(&extension->content);
}

static void read_status_request(struct tls_extension *extension, void *out)
{
    (void)extension;
    hello_of(out)->status_request = true;
}

/* RFC 6091 section 3.2, RFC 7250 section 3: the one that was chosen. */
static void read_certificate_type(struct tls_extension *extension, void *out)
{
    choices(out)->certificate_type = tls_take_named(&extension->content, 1);
}

static void read_client_certificate_type(struct tls_extension *extension, void *out)
{
    choices(out)->client_certificate_type = tls_take_named(&extension->content, 1);
}

static void read_server_certificate_type(struct tls_extension *extension, void *out)
{
    choices(out)->server_certificate_type = tls_take_named(&extension->content, 1);
}

/* Not for a server to send before TLS 1.3 (RFC 8422 section 4); some do. */
static void read_groups(struct tls_extension *extension, void *out)
{
    choices(out)->groups = tls_take_uint16s(&extension->content, 2);
}

static void read_point_formats(struct tls_extension *extension, void *out)
{
    hello_of(out)->point_formats = tls_take_vector(&extension->content, 1);
}

/* RFC 5764 section 4.1.1: a list of one. */
static void read_srtp(struct tls_extension *extension, void *out)
{
    struct ht_reader list      = ht_reader(tls_take_uint16s(&extension->content, 2));
    choices(out)->srtp_profile = tls_take_named(&list, 2);
    (void)rd_vec(&extension->content, 1);
    if (!rd_done(&list)) {
        rd_fail(&extension->content);
    }
}

static void read_heartbeat(struct tls_extension *extension, void *out)
{
    choices(out)->heartbeat = tls_take_heartbeat(&extension->content);
}

/* RFC 7301 section 3.1: a list of one. */
static void read_alpn(struct tls_extension *extension, void *out)
{
    struct ht_texts list = tls_take_list(&extension->content, 2, 1, extension->scratch);
    if (list.len > 0) {
        hello_of(out)->alpn = list.items[0];
    }
    if (list.len != 1) {
        rd_fail(&extension->content);
    }
}

/* RFC 6962 section 3.3.1. */
static void read_scts(struct tls_extension *extension, void *out)
{
    struct tls_server_choices *to = choices(out);
    to->sct_list                  = rd_rest(&extension->content);
    if (!tls_sct_list_parse(to->sct_list, extension->scratch, &to->scts)) {
        rd_fail(&extension->content);
    }
}

static void read_encrypt_then_mac(struct tls_extension *extension, void *out)
{
    (void)extension;
    hello_of(out)->encrypt_then_mac = true;
}

static void read_extended_master_secret(struct tls_extension *extension, void *out)
{
    (void)extension;
    hello_of(out)->extended_master_secret = true;
}

static void read_record_size_limit(struct tls_extension *extension, void *out)
{
    choices(out)->record_size_limit = rd_u16(&extension->content);
}

static void read_session_ticket(struct tls_extension *extension, void *out)
{
    (void)extension;
    hello_of(out)->session_ticket = true;
}

/* Section 4.2.11: uint16 selected_identity. */
static void read_selected_identity(struct tls_extension *extension, void *out)
{
    hello_of(out)->pre_shared_key = true;
    hello_of(out)->psk_index      = rd_u16(&extension->content);
}

/* Section 4.2.1: ProtocolVersion selected_version. */
static void read_selected_version(struct tls_extension *extension, void *out)
{
    hello_of(out)->supported_version = tls_take_named(&extension->content, 2);
}

/* Section 4.2.2: opaque cookie<1..2^16-1>. */
static void read_cookie(struct tls_extension *extension, void *out)
{
    choices(out)->cookie_bytes = (uint16_t)tls_take_vector(&extension->content, 2).len;
}

/* Section 4.2.8: KeyShareEntry server_share; in a HelloRetryRequest only its group. */
static void read_selected_key_share(struct tls_extension *extension, void *out)
{
    struct tls_server_hello *hello = hello_of(out);
    hello->key_share_group         = tls_take_named(&extension->content, 2);
    if (!hello->retry_request) {
        hello->key_share = rd_vec(&extension->content, 2);
    }
}

/* RFC 9146 section 3: opaque cid<0..2^8-1>. */
static void read_connection_id(struct tls_extension *extension, void *out)
{
    struct ht_bytes cid = tls_take_vector(&extension->content, 1);
    if (cid.len > 0) {
        choices(out)->connection_id = cid;
    }
}

/* RFC 9149 section 3: uint8 expected_count. */
static void read_ticket_request(struct tls_extension *extension, void *out)
{
    struct ht_named count = tls_take_named(&extension->content, 1);
    choices(out)->tickets = (uint16_t)(count.set ? count.id + 1 : 0);
}

/* draft-agl-tls-nextprotoneg-04 section 3: opaque protocol<1..2^8-1>, until the end. */
static void read_next_protocols(struct tls_extension *extension, void *out)
{
    struct ht_texts list = tls_take_items(&extension->content, 1, extension->scratch);
    if (list.len > 0) {
        choices(out)->next_protocols = list;
    }
}

/* RFC 9849 section 5: in a HelloRetryRequest the confirmation, eight bytes. */
static void read_encrypted_client_hello(struct tls_extension *extension, void *out)
{
    size_t len                                 = rd_rest(&extension->content).len;
    choices(out)->encrypted_client_hello_bytes = (uint16_t)len;
}

/* RFC 5746 section 3.2: opaque renegotiated_connection<0..255>. */
static void read_renegotiation_info(struct tls_extension *extension, void *out)
{
    size_t len                        = tls_take_vector(&extension->content, 1).len;
    hello_of(out)->renegotiation_info = true;
    if (len > 0) {
        choices(out)->renegotiated_bytes = (uint8_t)len;
    }
}

static const struct tls_extension_row high_rows[] = {
    {0x3374, read_next_protocols},
    {0xfe0d, read_encrypted_client_hello},
    {0xff01, read_renegotiation_info},
};

static const struct tls_extension_readers server_readers = {
    .low =
        {
            [0x01] = read_max_fragment_length,
            [0x05] = read_status_request,
            [0x09] = read_certificate_type,
            [0x0a] = read_groups,
            [0x0b] = read_point_formats,
            [0x0e] = read_srtp,
            [0x0f] = read_heartbeat,
            [0x10] = read_alpn,
            [0x12] = read_scts,
            [0x13] = read_client_certificate_type,
            [0x14] = read_server_certificate_type,
            [0x16] = read_encrypt_then_mac,
            [0x17] = read_extended_master_secret,
            [0x1c] = read_record_size_limit,
            [0x23] = read_session_ticket,
            [0x28] = read_selected_key_share, /* its number up to draft 22 */
            [0x29] = read_selected_identity,
            [0x2b] = read_selected_version,
            [0x2c] = read_cookie,
            [0x33] = read_selected_key_share,
            [0x35] = read_connection_id, /* its number in drafts */
            [0x36] = read_connection_id,
            [0x3a] = read_ticket_request,
        },
    .high     = high_rows,
    .num_high = HT_ARRAY_LEN(high_rows),
};

bool tls_server_extensions_parse(struct ht_bytes block, struct ht_arena *scratch,
                                 struct tls_server_hello *out)
{
    struct reading reading = {.hello = out};
    bool good = tls_extensions_read(block, scratch, &server_readers, &reading, &out->extensions);
    if (reading.any_choice) {
        out->choices = tls_keep_extensions(scratch, &tls_server_choices_struct, &reading.choices);
    }
    return good;
}

/* None of them is a choice. */
bool tls_server_extensions_reread(struct tls_extension *extensions, size_t num,
                                  struct ht_arena *scratch, struct tls_server_hello *out)
{
    struct reading reading = {.hello = out};
    bool good              = true;
    for (size_t i = 0; i < num; i++) {
        extensions[i].scratch = scratch;
        good = tls_extension_read_one(&server_readers, &extensions[i], &reading) && good;
    }
    return good;
}
