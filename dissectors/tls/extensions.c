/*
 * Extensions (RFC 8446 section 4.2, and the RFC named at each).
 *
 * struct {
 *     ExtensionType extension_type;
 *     opaque extension_data<0..2^16-1>;
 * } Extension;
 */
#include "tls/extensions.h"

struct ht_bytes tls_take_vector(struct ht_reader *r, unsigned width)
{
    size_t len = (size_t)rd_uint(r, width);
    if (len <= rd_left(r)) {
        return rd_take(r, len);
    }
    struct ht_bytes there = rd_rest(r);
    rd_fail(r);
    return there;
}

struct ht_bytes tls_take_uint16s(struct ht_reader *r, unsigned width)
{
    struct ht_bytes list = tls_take_vector(r, width);
    if (list.len % 2 != 0) {
        rd_fail(r);
    }
    return ht_bytes_head(list, list.len - list.len % 2);
}

struct ht_bytes tls_extension_types(struct ht_bytes block, struct ht_arena *scratch)
{
    enum { SMALLEST = 4 };
    uint8_t *types     = ht_arena_alloc(scratch, block.len / SMALLEST * 2);
    size_t len         = 0;
    struct ht_reader r = ht_reader(block);
    while (types != NULL && rd_more(&r)) {
        struct ht_bytes type = rd_take(&r, 2);
        (void)rd_vec(&r, 2);
        if (!r.bad) {
            memcpy(types + len, type.ptr, 2);
            len += 2;
        }
    }
    return ht_bytes(types, len);
}

/* An extension at hand: what is left of its content, and where lists may be gathered. */
struct extension {
    struct ht_reader content;
    struct ht_arena *scratch;
};

/* What is done with an extension of a hello (`out`). */
struct extension_row {
    uint16_t type;
    uint16_t present; /* offset of the bool that it is there; 0: none */
    void (*read)(struct extension *extension, void *out); /* NULL: it must be empty */
};

static bool read_extension(const struct extension_row *row, struct extension extension, void *out)
{
    if (row->present != 0) {
        *(bool *)((char *)out + row->present) = true;
    }
    if (row->read != NULL) {
        row->read(&extension, out);
    }
    return rd_done(&extension.content);
}

/* Fills `out` by the rows; false where the block or the content of one of them is malformed. */
static bool read_extensions(struct ht_bytes block, struct ht_arena *scratch,
                            const struct extension_row *rows, size_t num_rows, void *out)
{
    uint64_t seen      = 0; /* a bit for each row */
    bool good          = true;
    struct ht_reader r = ht_reader(block);
    while (rd_more(&r)) {
        uint16_t type              = rd_u16(&r);
        struct extension extension = {ht_reader(rd_vec(&r, 2)), scratch};
        for (size_t i = 0; i < num_rows && !r.bad; i++) {
            if (rows[i].type == type && (seen >> i & 1) == 0) {
                seen |= UINT64_C(1) << i;
                good = read_extension(&rows[i], extension, out) && good;
            }
        }
    }
    return good && rd_done(&r);
}

/*
 * ClientHello
 */

/* RFC 6066 section 3: struct { NameType name_type; opaque HostName<1..2^16-1>; } ServerName;
 * ServerName server_name_list<1..2^16-1>. */
static void read_server_name(struct extension *extension, void *out)
{
    enum { HOST_NAME = 0 };
    struct tls_client_hello *hello = out;
    struct ht_reader list          = ht_reader(tls_take_vector(&extension->content, 2));
    bool found                     = false;
    bool empty                     = !rd_more(&list);
    while (rd_more(&list)) {
        uint8_t type         = rd_u8(&list);
        struct ht_bytes name = rd_vec(&list, 2);
        if (type == HOST_NAME && !found && !list.bad) {
            hello->server_name = name;
            found              = true;
        }
    }
    if (list.bad || empty) {
        rd_fail(&extension->content);
    }
}

/* RFC 8422 section 5.1.1: NamedGroup named_group_list<2..2^16-1>. */
static void read_groups(struct extension *extension, void *out)
{
    struct tls_client_hello *hello = out;
    hello->groups                  = tls_take_uint16s(&extension->content, 2);
}

/* RFC 8422 section 5.1.2: ECPointFormat ec_point_format_list<1..2^8-1>. */
static void read_point_formats(struct extension *extension, void *out)
{
    struct tls_client_hello *hello = out;
    hello->point_formats           = tls_take_vector(&extension->content, 1);
}

/* Section 4.2.3: SignatureScheme supported_signature_algorithms<2..2^16-2>. */
static void read_signature_schemes(struct extension *extension, void *out)
{
    struct tls_client_hello *hello = out;
    hello->signature_schemes       = tls_take_uint16s(&extension->content, 2);
}

static size_t count_protocols(struct ht_bytes list)
{
    struct ht_reader r = ht_reader(list);
    size_t count       = 0;
    while (rd_more(&r)) {
        (void)rd_vec(&r, 1);
        count += r.bad ? 0 : 1;
    }
    return count;
}

/* RFC 7301 section 3.1: opaque ProtocolName<1..2^8-1>;
 * ProtocolName protocol_name_list<2..2^16-1>. */
static struct ht_texts take_protocols(struct extension *extension)
{
    struct ht_bytes list   = tls_take_vector(&extension->content, 2);
    size_t count           = count_protocols(list);
    struct ht_bytes *items = ht_arena_alloc(extension->scratch, count * sizeof *items);
    struct ht_reader names = ht_reader(list);
    size_t len             = 0;
    bool good              = count > 0;
    while (items != NULL && len < count) {
        items[len] = rd_vec(&names, 1);
        good       = good && items[len].len > 0;
        len++;
    }
    if (!good || !rd_done(&names)) {
        rd_fail(&extension->content);
    }
    return (struct ht_texts){.items = items, .len = len};
}

static void read_alpn(struct extension *extension, void *out)
{
    struct tls_client_hello *hello = out;
    hello->alpn                    = take_protocols(extension);
}

/* RFC 5077 section 3.2: the ticket, without a length of its own. */
static void read_session_ticket(struct extension *extension, void *out)
{
    struct tls_client_hello *hello = out;
    hello->session_ticket_bytes    = rd_rest(&extension->content).len;
}

/* Section 4.2.8: struct { NamedGroup group; opaque key_exchange<1..2^16-1>; } KeyShareEntry;
 * KeyShareEntry client_shares<0..2^16-1>. */
static void read_key_share(struct extension *extension, void *out)
{
    enum { SMALLEST = 5 };
    struct tls_client_hello *hello = out;
    struct ht_bytes list           = tls_take_vector(&extension->content, 2);
    uint8_t *groups                = ht_arena_alloc(extension->scratch, list.len / SMALLEST * 2);
    struct ht_reader shares        = ht_reader(list);
    size_t len                     = 0;
    while (groups != NULL && rd_more(&shares)) {
        struct ht_bytes group = rd_take(&shares, 2);
        if (rd_vec(&shares, 2).len == 0) {
            rd_fail(&shares);
        } else {
            memcpy(groups + len, group.ptr, 2);
            len += 2;
        }
    }
    if (!rd_done(&shares)) {
        rd_fail(&extension->content);
    }
    hello->key_share_groups = ht_bytes(groups, len);
}

/* Section 4.2.11: struct { opaque identity<1..2^16-1>; uint32 obfuscated_ticket_age; } PskIdentity;
 * opaque PskBinderEntry<32..255>; struct { PskIdentity identities<7..2^16-1>;
 * PskBinderEntry binders<33..2^16-1>; } OfferedPsks. There is a binder for each identity. */
static void read_pre_shared_key(struct extension *extension, void *out)
{
    struct tls_client_hello *hello = out;
    struct ht_reader identities    = ht_reader(tls_take_vector(&extension->content, 2));
    while (rd_more(&identities)) {
        (void)rd_vec(&identities, 2);
        (void)rd_u32(&identities);
        hello->psk_identities += identities.bad ? 0 : 1;
    }
    size_t num_binders       = 0;
    struct ht_reader binders = ht_reader(rd_vec(&extension->content, 2));
    while (rd_more(&binders)) {
        (void)rd_vec(&binders, 1);
        num_binders++;
    }
    if (identities.bad || binders.bad || num_binders != hello->psk_identities || num_binders == 0) {
        rd_fail(&extension->content);
    }
}

/* Section 4.2.1: ProtocolVersion versions<2..254>. */
static void read_supported_versions(struct extension *extension, void *out)
{
    struct tls_client_hello *hello = out;
    hello->supported_versions      = tls_take_uint16s(&extension->content, 1);
}

/* Section 4.2.9: PskKeyExchangeMode ke_modes<1..255>. */
static void read_psk_modes(struct extension *extension, void *out)
{
    struct tls_client_hello *hello = out;
    hello->psk_modes               = tls_take_vector(&extension->content, 1);
}

/* RFC 9849 section 5: struct { ECHClientHelloType type; select (type) { case outer:
 * HpkeSymmetricCipherSuite cipher_suite; uint8 config_id; opaque enc<0..2^16-1>;
 * opaque payload<1..2^16-1>; case inner: Empty; }; } ECHClientHello. */
static void read_encrypted_client_hello(struct extension *extension, void *out)
{
    enum { OUTER = 0, INNER = 1 };
    (void)out;
    struct ht_reader *r = &extension->content;
    uint8_t type        = rd_u8(r);
    if (type == OUTER) {
        rd_skip(r, 4 + 1);
        (void)rd_vec(r, 2);
        (void)rd_vec(r, 2);
    } else if (type != INNER) {
        rd_fail(r);
    }
}

static const struct extension_row client_rows[] = {
    {0x0000, 0, read_server_name},
    {0x000a, 0, read_groups},
    {0x000b, 0, read_point_formats},
    {0x000d, 0, read_signature_schemes},
    {0x0010, 0, read_alpn},
    {0x0023, offsetof(struct tls_client_hello, session_ticket), read_session_ticket},
    {0x0028, 0, read_key_share}, /* its number up to draft 22 */
    {0x0029, 0, read_pre_shared_key},
    {0x002a, offsetof(struct tls_client_hello, early_data), NULL},
    {0x002b, 0, read_supported_versions},
    {0x002d, 0, read_psk_modes},
    {0x0033, 0, read_key_share},
    {0xfe0d, offsetof(struct tls_client_hello, encrypted_client_hello),
     read_encrypted_client_hello},
};

bool tls_client_extensions_parse(struct ht_bytes block, struct ht_arena *scratch,
                                 struct tls_client_hello *out)
{
    out->extensions = tls_extension_types(block, scratch);
    return read_extensions(block, scratch, client_rows, HT_ARRAY_LEN(client_rows), out);
}

/*
 * ServerHello
 */

/* RFC 7301 section 3.1: a list of one. */
static void read_selected_alpn(struct extension *extension, void *out)
{
    struct tls_server_hello *hello = out;
    struct ht_texts list           = take_protocols(extension);
    if (list.len > 0) {
        hello->alpn = list.items[0];
    }
    if (list.len != 1) {
        rd_fail(&extension->content);
    }
}

/* Section 4.2.11: uint16 selected_identity. */
static void read_selected_identity(struct extension *extension, void *out)
{
    struct tls_server_hello *hello = out;
    hello->psk_index               = rd_u16(&extension->content);
}

/* Section 4.2.1: ProtocolVersion selected_version. */
static void read_selected_version(struct extension *extension, void *out)
{
    struct tls_server_hello *hello = out;
    uint16_t version               = rd_u16(&extension->content);
    if (!extension->content.bad) {
        hello->supported_version = ht_named(version);
    }
}

/* Section 4.2.8: KeyShareEntry server_share; in a HelloRetryRequest only its group. */
static void read_selected_key_share(struct extension *extension, void *out)
{
    struct tls_server_hello *hello = out;
    uint16_t group                 = rd_u16(&extension->content);
    if (!extension->content.bad) {
        hello->key_share_group = ht_named(group);
    }
    if (!hello->retry_request) {
        (void)rd_vec(&extension->content, 2);
    }
}

/* RFC 5746 section 3.2: opaque renegotiated_connection<0..255>. */
static void read_renegotiation_info(struct extension *extension, void *out)
{
    (void)out;
    (void)rd_vec(&extension->content, 1);
}

static const struct extension_row server_rows[] = {
    {0x0005, offsetof(struct tls_server_hello, status_request), NULL},
    {0x0010, 0, read_selected_alpn},
    {0x0016, offsetof(struct tls_server_hello, encrypt_then_mac), NULL},
    {0x0017, offsetof(struct tls_server_hello, extended_master_secret), NULL},
    {0x0023, offsetof(struct tls_server_hello, session_ticket), NULL},
    {0x0028, 0, read_selected_key_share}, /* its number up to draft 22 */
    {0x0029, offsetof(struct tls_server_hello, pre_shared_key), read_selected_identity},
    {0x002b, 0, read_selected_version},
    {0x0033, 0, read_selected_key_share},
    {0xff01, offsetof(struct tls_server_hello, renegotiation_info), read_renegotiation_info},
};

bool tls_server_extensions_parse(struct ht_bytes block, struct ht_arena *scratch,
                                 struct tls_server_hello *out)
{
    out->extensions = tls_extension_types(block, scratch);
    return read_extensions(block, scratch, server_rows, HT_ARRAY_LEN(server_rows), out);
}
