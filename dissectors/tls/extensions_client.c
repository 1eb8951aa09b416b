/*
 * The extensions of a ClientHello (RFC 8446 section 4.2, and the RFC named at each).
 */
#include "tls/extensions.h"

/* What is being read, and whether any of it was there. */
struct reading {
    struct tls_client_hello *hello;
    struct tls_client_capabilities capabilities;
    struct tls_client_particulars particulars;
    struct tls_encrypted_client_hello ech;
    bool any_capability, any_particular, any_ech;
};

static struct tls_client_capabilities *capabilities(void *out)
{
    struct reading *reading = out;
    reading->any_capability = true;
    return &reading->capabilities;
}

static struct tls_client_particulars *particulars(void *out)
{
    struct reading *reading = out;
    reading->any_particular = true;
    return &reading->particulars;
}

static struct tls_client_hello *hello_of(void *out)
{
    return ((struct reading *)out)->hello;
}

/* RFC 6066 section 3: struct { NameType name_type; opaque HostName<1..2^16-1>; } ServerName;
 * ServerName server_name_list<1..2^16-1>. */
static void read_server_name(struct tls_extension *extension, void *out)
{
    enum { HOST_NAME = 0 };
    struct ht_reader list = ht_reader(tls_take_vector(&extension->content, 2));
    bool found            = false;
    bool empty            = !rd_more(&list);
    while (rd_more(&list)) {
        uint8_t type         = rd_u8(&list);
        struct ht_bytes name = rd_vec(&list, 2);
        if (type == HOST_NAME && !found && !list.bad) {
            hello_of(out)->server_name = name;
            found                      = true;
        }
    }
    if (list.bad || empty) {
        rd_fail(&extension->content);
    }
}

static void read_max_fragment_length(struct tls_extension *extension, void *out)
{
    capabilities(out)->max_fragment_length = tls_take_fragment_length(&extension->content);
}

/* RFC 6066 section 8: struct { CertificateStatusType status_type; select (status_type) { case ocsp:
 * OCSPStatusRequest; } request; } CertificateStatusRequest;
 * struct { ResponderID responder_id_list<0..2^16-1>; Extensions request_extensions; }
 * OCSPStatusRequest; opaque ResponderID<1..2^16-1>; opaque Extensions<0..2^16-1>. */
static void read_status_request(struct tls_extension *extension, void *out)
{
    enum { OCSP = 1 };
    struct ht_reader *r = &extension->content;
    if (rd_u8(r) != OCSP) {
        (void)rd_rest(r);
        return;
    }
    struct ht_texts responders = tls_take_list(r, 2, 2, extension->scratch);
    size_t request_extensions  = rd_vec(r, 2).len;
    if (responders.len > 0 || request_extensions > 0) {
        struct tls_client_particulars *own = particulars(out);
        own->responder_ids                 = responders;
        own->request_extensions_bytes      = (uint16_t)request_extensions;
    }
}

/* RFC 6961 section 2.2: struct { CertificateStatusType status_type; uint16 request_length; …
 * } CertificateStatusRequestItemV2; certificate_status_req_list<1..2^16-1>. */
static void read_status_request_v2(struct tls_extension *extension, void *out)
{
    struct ht_reader list = ht_reader(tls_take_vector(&extension->content, 2));
    (void)out;
    do {
        rd_skip(&list, 1);
        (void)rd_vec(&list, 2);
    } while (rd_more(&list));
    if (list.bad) {
        rd_fail(&extension->content);
    }
}

/* RFC 6091 section 3.1: CertificateType certificate_types<1..2^8-1>. */
static void read_certificate_types(struct tls_extension *extension, void *out)
{
    capabilities(out)->certificate_types = tls_take_vector(&extension->content, 1);
}

/* RFC 8422 section 5.1.1: NamedGroup named_group_list<2..2^16-1>. */
static void read_groups(struct tls_extension *extension, void *out)
{
    hello_of(out)->groups = tls_take_uint16s(&extension->content, 2);
}

/* RFC 8422 section 5.1.2: ECPointFormat ec_point_format_list<1..2^8-1>. */
static void read_point_formats(struct tls_extension *extension, void *out)
{
    hello_of(out)->point_formats = tls_take_vector(&extension->content, 1);
}

/* RFC 5054 section 2.8.1: opaque srp_I<1..2^8-1>. */
static void read_srp(struct tls_extension *extension, void *out)
{
    particulars(out)->srp_user = tls_take_vector(&extension->content, 1);
}

/* Section 4.2.3: SignatureScheme supported_signature_algorithms<2..2^16-2>. */
static void read_signature_schemes(struct tls_extension *extension, void *out)
{
    hello_of(out)->signature_schemes = tls_take_uint16s(&extension->content, 2);
}

/* RFC 5764 section 4.1.1: SRTPProtectionProfile SRTPProtectionProfiles<2..2^16-1>;
 * opaque srtp_mki<0..255>. */
static void read_srtp(struct tls_extension *extension, void *out)
{
    capabilities(out)->srtp_profiles = tls_take_uint16s(&extension->content, 2);
    (void)rd_vec(&extension->content, 1);
}

static void read_heartbeat(struct tls_extension *extension, void *out)
{
    capabilities(out)->heartbeat = tls_take_heartbeat(&extension->content);
}

/* RFC 7301 section 3.1: opaque ProtocolName<1..2^8-1>;
 * ProtocolName protocol_name_list<2..2^16-1>. */
static struct ht_texts take_protocols(struct tls_extension *extension)
{
    struct ht_texts list = tls_take_list(&extension->content, 2, 1, extension->scratch);
    if (list.len == 0) {
        rd_fail(&extension->content);
    }
    return list;
}

static void read_alpn(struct tls_extension *extension, void *out)
{
    hello_of(out)->alpn = take_protocols(extension);
}

/* RFC 7250 section 3: CertificateType client_certificate_types<1..2^8-1>; the server's likewise. */
static void read_client_certificate_types(struct tls_extension *extension, void *out)
{
    capabilities(out)->client_certificate_types = tls_take_vector(&extension->content, 1);
}

static void read_server_certificate_types(struct tls_extension *extension, void *out)
{
    capabilities(out)->server_certificate_types = tls_take_vector(&extension->content, 1);
}

/* RFC 7685 section 3: zeros. */
static void read_padding(struct tls_extension *extension, void *out)
{
    hello_of(out)->padding_bytes = (uint16_t)rd_rest(&extension->content).len;
}

/* RFC 8472 section 2: struct { TB_ProtocolVersion token_binding_version;
 * TokenBindingKeyParameters key_parameters_list<1..2^8-1>; } TokenBindingParameters. */
static void read_token_binding(struct tls_extension *extension, void *out)
{
    rd_skip(&extension->content, 2);
    capabilities(out)->token_binding_parameters = tls_take_vector(&extension->content, 1);
}

/* RFC 8879 section 3: CertificateCompressionAlgorithm algorithms<2..2^8-2>. */
static void read_certificate_compression(struct tls_extension *extension, void *out)
{
    capabilities(out)->certificate_compression = tls_take_uint16s(&extension->content, 1);
}

/* RFC 8449 section 4: uint16 RecordSizeLimit. */
static void read_record_size_limit(struct tls_extension *extension, void *out)
{
    capabilities(out)->record_size_limit = rd_u16(&extension->content);
}

/* RFC 9345 section 4.1.1: SignatureScheme supported_signature_algorithm<2..2^16-2>. */
static void read_delegated_credential(struct tls_extension *extension, void *out)
{
    capabilities(out)->delegated_credential_schemes = tls_take_uint16s(&extension->content, 2);
}

/* RFC 5077 section 3.2: the ticket, without a length of its own. */
static void read_session_ticket(struct tls_extension *extension, void *out)
{
    struct tls_client_hello *hello = hello_of(out);
    hello->session_ticket          = true;
    hello->ticket                  = rd_rest(&extension->content);
    hello->session_ticket_bytes    = (uint16_t)hello->ticket.len;
}

/* Section 4.2.8: struct { NamedGroup group; opaque key_exchange<1..2^16-1>; } KeyShareEntry;
 * KeyShareEntry client_shares<0..2^16-1>. */
static void read_key_share(struct tls_extension *extension, void *out)
{
    enum { SMALLEST = 5 };
    struct ht_bytes list    = tls_take_vector(&extension->content, 2);
    uint8_t *groups         = ht_arena_take(extension->scratch, list.len / SMALLEST * 2);
    struct ht_reader shares = ht_reader(list);
    size_t len              = 0;
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
    hello_of(out)->key_shares       = list;
    hello_of(out)->key_share_groups = ht_bytes(groups, len);
}

static struct tls_psk_offer take_identity(struct ht_reader *r)
{
    struct ht_bytes identity = rd_vec(r, 2);
    uint32_t age             = rd_u32(r);
    return (struct tls_psk_offer){
        .identity = identity, .identity_bytes = (uint16_t)identity.len, .obfuscated_age = age};
}

/* PskIdentity identities<7..2^16-1>. Returns how many are in `few`. */
static size_t take_identities(struct ht_reader *r, struct tls_client_hello *hello,
                              struct tls_psk_offer few[TLS_MAX_PSK_OFFERS])
{
    struct ht_reader list = ht_reader(tls_take_vector(r, 2));
    size_t count          = 0;
    while (rd_more(&list)) {
        struct tls_psk_offer offer = take_identity(&list);
        if (!list.bad && count < TLS_MAX_PSK_OFFERS) {
            few[count] = offer;
        }
        count += list.bad ? 0 : 1;
    }
    if (list.bad) {
        rd_fail(r);
    }
    hello->psk_identities = (uint16_t)count;
    return count < TLS_MAX_PSK_OFFERS ? count : TLS_MAX_PSK_OFFERS;
}

/* Section 4.2.11: struct { opaque identity<1..2^16-1>; uint32 obfuscated_ticket_age; } PskIdentity;
 * opaque PskBinderEntry<32..255>; struct { PskIdentity identities<7..2^16-1>;
 * PskBinderEntry binders<33..2^16-1>; } OfferedPsks. There is a binder for each identity. */
static void read_pre_shared_key(struct tls_extension *extension, void *out)
{
    struct tls_client_hello *hello = hello_of(out);
    struct tls_psk_offer few[TLS_MAX_PSK_OFFERS];
    size_t len               = take_identities(&extension->content, hello, few);
    size_t num_binders       = 0;
    struct ht_reader binders = ht_reader(rd_vec(&extension->content, 2));
    while (rd_more(&binders)) {
        struct ht_bytes binder = rd_vec(&binders, 1);
        if (num_binders < len) {
            few[num_binders].binder_bytes = (uint16_t)binder.len;
        }
        num_binders++;
    }
    if (binders.bad || num_binders != hello->psk_identities || num_binders == 0) {
        rd_fail(&extension->content);
    }
    struct ht_bytes kept = ht_arena_copy(extension->scratch, ht_bytes(few, len * sizeof *few));
    hello->psk           = (struct ht_objects){.items = kept.ptr, .len = kept.len / sizeof *few};
}

static void read_early_data(struct tls_extension *extension, void *out)
{
    (void)extension;
    hello_of(out)->early_data = true;
}

/* Section 4.2.1: ProtocolVersion versions<2..254>. */
static void read_supported_versions(struct tls_extension *extension, void *out)
{
    hello_of(out)->supported_versions = tls_take_uint16s(&extension->content, 1);
}

/* Section 4.2.2: opaque cookie<1..2^16-1>. */
static void read_cookie(struct tls_extension *extension, void *out)
{
    hello_of(out)->cookie_bytes = (uint16_t)tls_take_vector(&extension->content, 2).len;
}

/* Section 4.2.9: PskKeyExchangeMode ke_modes<1..255>. */
static void read_psk_modes(struct tls_extension *extension, void *out)
{
    hello_of(out)->psk_modes = tls_take_vector(&extension->content, 1);
}

/* Section 4.2.4: opaque DistinguishedName<1..2^16-1>;
 * DistinguishedName authorities<3..2^16-1>. */
static void read_certificate_authorities(struct tls_extension *extension, void *out)
{
    struct tls_client_particulars *own = particulars(out);
    own->authorities     = tls_take_list(&extension->content, 2, 2, extension->scratch);
    own->num_authorities = own->authorities.len;
}

static void read_signature_schemes_cert(struct tls_extension *extension, void *out)
{
    capabilities(out)->signature_schemes_cert = tls_take_uint16s(&extension->content, 2);
}

/* RFC 9146 section 3: opaque cid<0..2^8-1>. */
static void read_connection_id(struct tls_extension *extension, void *out)
{
    struct ht_bytes cid = tls_take_vector(&extension->content, 1);
    if (cid.len > 0) {
        particulars(out)->connection_id = cid;
    }
}

/* RFC 9149 section 3: struct { uint8 new_session_count; uint8 resumption_count; }. */
static void read_ticket_request(struct tls_extension *extension, void *out)
{
    uint8_t full    = rd_u8(&extension->content);
    uint8_t resumed = rd_u8(&extension->content);
    if (!extension->content.bad) {
        capabilities(out)->tickets_full    = (uint16_t)(full + 1);
        capabilities(out)->tickets_resumed = (uint16_t)(resumed + 1);
    }
}

/* draft-ietf-tls-tlsflags section 2: opaque flags<0..31>. */
static void read_flags(struct tls_extension *extension, void *out)
{
    capabilities(out)->flags = tls_take_vector(&extension->content, 1);
}

/* draft-vvv-tls-alps: a list as in ALPN. */
static void read_application_settings(struct tls_extension *extension, void *out)
{
    capabilities(out)->application_settings = take_protocols(extension);
}

/* draft-ietf-tls-trust-anchor-ids section 4.1: opaque TrustAnchorID<1..2^8-1>;
 * TrustAnchorID TrustAnchorIDList<0..2^16-1>. */
static void read_trust_anchors(struct tls_extension *extension, void *out)
{
    struct ht_reader list = ht_reader(tls_take_vector(&extension->content, 2));
    uint16_t count        = 0;
    while (rd_more(&list)) {
        (void)rd_vec(&list, 1);
        count = (uint16_t)(count + (list.bad ? 0 : 1));
    }
    if (list.bad) {
        rd_fail(&extension->content);
    }
    capabilities(out)->trust_anchors = count;
}

/* RFC 5746 section 3.2: opaque renegotiated_connection<0..255>. */
static void read_renegotiation_info(struct tls_extension *extension, void *out)
{
    size_t len = tls_take_vector(&extension->content, 1).len;
    if (len > 0) {
        particulars(out)->renegotiated_bytes = (uint8_t)len;
    }
}

/*
 * Encrypted ClientHello
 */

static struct tls_encrypted_client_hello *ech_of(void *out, const char *type, const char *draft)
{
    struct reading *reading = out;
    reading->any_ech        = true;
    reading->ech.type       = type;
    reading->ech.draft      = draft;
    return &reading->ech;
}

static void take_ech_suite(struct ht_reader *r, struct tls_encrypted_client_hello *ech)
{
    ech->kdf  = tls_take_named(r, 2);
    ech->aead = tls_take_named(r, 2);
}

static void take_ech_outer(struct ht_reader *r, struct tls_encrypted_client_hello *ech)
{
    take_ech_suite(r, ech);
    struct ht_named config_id = tls_take_named(r, 1);
    ech->config_id            = (uint16_t)(config_id.set ? config_id.id + 1 : 0);
    ech->enc_bytes            = (uint16_t)rd_vec(r, 2).len;
    ech->payload_bytes        = (uint16_t)rd_vec(r, 2).len;
}

/* RFC 9849 section 5: struct { ECHClientHelloType type; select (type) { case outer:
 * HpkeSymmetricCipherSuite cipher_suite; uint8 config_id; opaque enc<0..2^16-1>;
 * opaque payload<1..2^16-1>; case inner: Empty; }; } ECHClientHello. */
static void read_encrypted_client_hello(struct tls_extension *extension, void *out)
{
    enum { OUTER = 0, INNER = 1 };
    uint8_t type = rd_u8(&extension->content);
    if (type == OUTER) {
        take_ech_outer(&extension->content, ech_of(out, "outer", NULL));
    } else if (type == INNER) {
        (void)ech_of(out, "inner", NULL);
    } else {
        rd_fail(&extension->content);
    }
}

/* Up to draft-ietf-tls-esni-10 there was no type. Before it the config's id was of another form,
 * which is not read. */
static void read_ech_draft(struct tls_extension *extension, void *out)
{
    struct ht_reader *r = &extension->content;
    if (extension->type == 0xfe0a) {
        take_ech_outer(r, ech_of(out, "outer", "draft-10"));
    } else {
        take_ech_suite(r,
                       ech_of(out, "outer", extension->type == 0xfe09 ? "draft-09" : "draft-08"));
        (void)rd_rest(r);
    }
}

/* draft-ietf-tls-esni-02 section 5.1: struct { CipherSuite suite; KeyShareEntry key_share;
 * opaque record_digest<0..2^16-1>; opaque encrypted_sni<0..2^16-1>; } ClientEncryptedSNI. */
static void read_encrypted_sni(struct tls_extension *extension, void *out)
{
    struct ht_reader *r                    = &extension->content;
    struct tls_encrypted_client_hello *ech = ech_of(out, "esni", "draft-02");
    rd_skip(r, 2 + 2);
    ech->enc_bytes = (uint16_t)rd_vec(r, 2).len;
    (void)rd_vec(r, 2);
    ech->payload_bytes = (uint16_t)rd_vec(r, 2).len;
}

static const struct tls_extension_row high_rows[] = {
    {0x4469, read_application_settings}, /* its old number */
    {0x44cd, read_application_settings},
    {0xca34, read_trust_anchors},
    {0xfe08, read_ech_draft},
    {0xfe09, read_ech_draft},
    {0xfe0a, read_ech_draft},
    {0xfe0d, read_encrypted_client_hello},
    {0xff01, read_renegotiation_info},
    {0xffce, read_encrypted_sni},
};

static const struct tls_extension_readers client_readers = {
    .low =
        {
            [0x00] = read_server_name,
            [0x01] = read_max_fragment_length,
            [0x05] = read_status_request,
            [0x09] = read_certificate_types,
            [0x0a] = read_groups,
            [0x0b] = read_point_formats,
            [0x0c] = read_srp,
            [0x0d] = read_signature_schemes,
            [0x0e] = read_srtp,
            [0x0f] = read_heartbeat,
            [0x10] = read_alpn,
            [0x11] = read_status_request_v2,
            [0x13] = read_client_certificate_types,
            [0x14] = read_server_certificate_types,
            [0x15] = read_padding,
            [0x16] = tls_extension_empty, /* encrypt_then_mac */
            [0x17] = tls_extension_empty, /* extended_main_secret */
            [0x18] = read_token_binding,
            [0x1b] = read_certificate_compression,
            [0x1c] = read_record_size_limit,
            [0x22] = read_delegated_credential,
            [0x23] = read_session_ticket,
            [0x28] = read_key_share, /* its number up to draft 22 */
            [0x29] = read_pre_shared_key,
            [0x2a] = read_early_data,
            [0x2b] = read_supported_versions,
            [0x2c] = read_cookie,
            [0x2d] = read_psk_modes,
            [0x2f] = read_certificate_authorities,
            [0x31] = tls_extension_empty, /* post_handshake_auth */
            [0x32] = read_signature_schemes_cert,
            [0x33] = read_key_share,
            [0x35] = read_connection_id, /* its number in drafts */
            [0x36] = read_connection_id,
            [0x3a] = read_ticket_request,
            [0x3e] = read_flags,
        },
    .high     = high_rows,
    .num_high = HT_ARRAY_LEN(high_rows),
};

static void keep_encrypted(const struct reading *reading, struct ht_arena *scratch)
{
    if (reading->any_ech) {
        reading->hello->encrypted_client_hello =
            tls_keep_extensions(scratch, &tls_encrypted_client_hello_struct, &reading->ech);
    }
}

bool tls_client_extensions_parse(struct ht_bytes block, struct ht_arena *scratch,
                                 struct tls_client_hello *out)
{
    struct reading reading = {.hello = out};
    bool good = tls_extensions_read(block, scratch, &client_readers, &reading, &out->extensions);
    if (reading.any_capability) {
        out->capabilities =
            tls_keep_extensions(scratch, &tls_client_capabilities_struct, &reading.capabilities);
    }
    if (reading.any_particular) {
        out->particulars =
            tls_keep_extensions(scratch, &tls_client_particulars_struct, &reading.particulars);
    }
    keep_encrypted(&reading, scratch);
    return good;
}

/* None of them is a capability or a particular. */
bool tls_client_extensions_reread(struct tls_extension *extensions, size_t num,
                                  struct ht_arena *scratch, struct tls_client_hello *out)
{
    struct reading reading;
    bool good       = true;
    reading.hello   = out;
    reading.ech     = (struct tls_encrypted_client_hello){0};
    reading.any_ech = false;
    for (size_t i = 0; i < num; i++) {
        extensions[i].scratch = scratch;
        good = tls_extension_read_one(&client_readers, &extensions[i], &reading) && good;
    }
    keep_encrypted(&reading, scratch);
    return good;
}
