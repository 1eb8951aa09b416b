/*
 * The handshake messages after the hellos, and alerts.
 */
#include "tls/messages.h"
#include "tls/extensions.h"

/*
 * Certificate
 *
 * opaque ASN.1Cert<1..2^24-1>;
 * struct { ASN.1Cert certificate_list<0..2^24-1>; } Certificate;            (RFC 5246)
 *
 * struct { opaque cert_data<1..2^24-1>; Extension extensions<0..2^16-1>; } CertificateEntry;
 * struct {
 *     opaque certificate_request_context<0..2^8-1>;
 *     CertificateEntry certificate_list<0..2^24-1>;
 * } Certificate;                                                            (RFC 8446)
 */

static struct ht_bytes take_certificate(struct ht_reader *r, bool tls13,
                                        struct ht_bytes *out_extensions)
{
    struct ht_bytes der = rd_vec(r, 3);
    *out_extensions     = tls13 && !r->bad ? tls_take_vector(r, 2) : ht_bytes(NULL, 0);
    return der;
}

/* Certificates up to the first that is cut or, against the specification, empty. */
static size_t count_certificates(struct ht_bytes list, bool tls13)
{
    struct ht_reader r = ht_reader(list);
    size_t count       = 0;
    struct ht_bytes extensions;
    while (rd_more(&r) && take_certificate(&r, tls13, &extensions).len > 0) {
        count++;
    }
    return count;
}

bool tls_certificate_parse(struct ht_bytes body, bool tls13, struct ht_arena *scratch,
                           struct tls_certificate *out)
{
    struct ht_reader r = ht_reader(body);
    *out               = (struct tls_certificate){0};
    if (tls13) {
        (void)rd_vec(&r, 1);
    }
    struct ht_bytes list   = tls_take_vector(&r, 3);
    size_t count           = count_certificates(list, tls13);
    struct ht_bytes *chain = ht_arena_alloc(scratch, count * sizeof *chain);
    struct ht_reader items = ht_reader(list);
    struct ht_bytes extensions, of_leaf = ht_bytes(NULL, 0);
    for (size_t i = 0; chain != NULL && i < count; i++) {
        chain[i] = take_certificate(&items, tls13, &extensions);
        of_leaf  = i == 0 ? extensions : of_leaf;
        out->chain_bytes += chain[i].len;
        out->chain = (struct ht_texts){.items = chain, .len = i + 1};
    }
    bool good  = of_leaf.len == 0 || tls_certificate_extensions_parse(of_leaf, scratch, out);
    good       = good && rd_done(&items) && rd_done(&r);
    out->empty = good && list.len == 0;
    return good;
}

/* opaque ASN.1_subjectPublicKeyInfo<1..2^24-1>; none from a client without a key. */
bool tls_raw_public_key_parse(struct ht_bytes body, struct tls_certificate *out)
{
    struct ht_reader r  = ht_reader(body);
    *out                = (struct tls_certificate){0};
    out->raw_public_key = rd_vec(&r, 3);
    return rd_done(&r);
}

/*
 * ServerKeyExchange
 */

static size_t bit_length(struct ht_bytes number)
{
    size_t zeros = 0;
    while (zeros < number.len && number.ptr[zeros] == 0) {
        zeros++;
    }
    if (zeros == number.len) {
        return 0;
    }
    size_t bits = (number.len - zeros) * 8;
    for (uint8_t top = number.ptr[zeros]; top < 0x80; top = (uint8_t)(top << 1)) {
        bits--;
    }
    return bits;
}

/* struct { opaque dh_p<1..2^16-1>; opaque dh_g<1..2^16-1>; opaque dh_Ys<1..2^16-1>; }
 * ServerDHParams; (RFC 5246 section 7.4.3) */
static void read_dh(struct ht_reader *r, struct tls_server_key_exchange *out,
                    struct tls_material *material)
{
    struct ht_bytes p      = rd_vec(r, 2);
    struct ht_bytes g      = rd_vec(r, 2);
    struct ht_bytes y      = rd_vec(r, 2);
    material->dh_prime     = p;
    material->dh_generator = g;
    material->public_value = y;
    out->dh_bits           = bit_length(p);
    out->public_bytes      = y.len;
    if (p.len == 0 || g.len == 0 || y.len == 0) {
        rd_fail(r);
    }
}

/* struct { opaque a<1..2^8-1>; opaque b<1..2^8-1>; } ECCurve, then base, order and cofactor, each
 * opaque<1..2^8-1>. (RFC 4492 section 5.4) */
static void skip_curve(struct ht_reader *r)
{
    for (unsigned i = 0; i < 5; i++) {
        (void)rd_vec(r, 1);
    }
}

/* uint16 m; ECBasisType basis; then k, or k1, k2 and k3, each opaque<1..2^8-1>. */
static void skip_basis(struct ht_reader *r)
{
    enum { TRINOMIAL = 1, PENTANOMIAL = 2 };
    (void)rd_u16(r);
    uint8_t basis = rd_u8(r);
    if (basis != TRINOMIAL && basis != PENTANOMIAL) {
        rd_fail(r);
    }
    for (unsigned i = 0; i < (basis == PENTANOMIAL ? 3 : 1); i++) {
        (void)rd_vec(r, 1);
    }
}

/* struct { ECParameters curve_params; opaque point<1..2^8-1>; } ServerECDHParams;
 * (RFC 8422 section 5.4) */
static void read_ecdh(struct ht_reader *r, struct tls_server_key_exchange *out,
                      struct tls_material *material)
{
    enum { EXPLICIT_PRIME = 1, EXPLICIT_CHAR2 = 2, NAMED_CURVE = 3 };
    uint8_t form = rd_u8(r);
    if (form == NAMED_CURVE) {
        uint16_t group  = rd_u16(r);
        out->curve_form = "named_curve";
        out->group      = r->bad ? (struct ht_named){0} : ht_named(group);
    } else if (form == EXPLICIT_PRIME) {
        out->curve_form = "explicit_prime";
        (void)rd_vec(r, 1);
        skip_curve(r);
    } else if (form == EXPLICIT_CHAR2) {
        out->curve_form = "explicit_char2";
        skip_basis(r);
        skip_curve(r);
    } else {
        rd_fail(r);
    }
    material->public_value = rd_vec(r, 1);
    out->public_bytes      = material->public_value.len;
    if (out->public_bytes == 0) {
        rd_fail(r);
    }
}

/* struct { opaque rsa_modulus<1..2^16-1>; opaque rsa_exponent<1..2^16-1>; } ServerRSAParams;
 * (RFC 2246 section 7.4.3) */
static void read_rsa(struct ht_reader *r, struct tls_server_key_exchange *out,
                     struct tls_material *material)
{
    (void)material;
    struct ht_bytes modulus  = rd_vec(r, 2);
    struct ht_bytes exponent = rd_vec(r, 2);
    out->rsa_bits            = bit_length(modulus);
    out->public_bytes        = modulus.len;
    if (modulus.len == 0 || exponent.len == 0) {
        rd_fail(r);
    }
}

/* struct { opaque srp_N<1..2^16-1>; opaque srp_g<1..2^16-1>; opaque srp_s<1..2^8-1>;
 * opaque srp_B<1..2^16-1>; } ServerSRPParams; (RFC 5054 section 2.8.1) */
static void read_srp(struct ht_reader *r, struct tls_server_key_exchange *out,
                     struct tls_material *material)
{
    (void)material;
    (void)rd_vec(r, 2);
    (void)rd_vec(r, 2);
    (void)rd_vec(r, 1);
    out->public_bytes = rd_vec(r, 2).len;
}

/* struct { ECPoint X; struct { ECPoint V; opaque r<1..2^8-1>; } zkp; } ECJPAKEKeyKP; after the
 * curve (draft-cragie-tls-ecjpake-01 section 5.2; in use by Thread). */
static void read_ecjpake(struct ht_reader *r, struct tls_server_key_exchange *out,
                         struct tls_material *material)
{
    read_ecdh(r, out, material);
    (void)rd_vec(r, 1);
    (void)rd_vec(r, 1);
}

/* Since TLS 1.2 struct { SignatureAndHashAlgorithm algorithm; opaque signature<0..2^16-1>; }
 * DigitallySigned; before it the signature alone. (RFC 5246 section 4.7) */
static size_t take_signature(struct ht_reader *r, uint16_t version, struct ht_named *out_scheme,
                             struct tls_material *material)
{
    if (version >= TLS_12) {
        material->scheme = rd_u16(r);
        *out_scheme      = r->bad ? (struct ht_named){0} : ht_named(material->scheme);
    }
    material->signature = rd_vec(r, 2);
    return material->signature.len;
}

/* What a cipher suite's ServerKeyExchange consists of. */
struct form {
    const char *note; /* the suite's kx/auth in the registry */
    const char *key_exchange;
    bool hint; /* begins with opaque psk_identity_hint<0..2^16-1> (RFC 4279 section 2) */
    bool is_signed;
    bool anonymous;
    void (*read)(struct ht_reader *r, struct tls_server_key_exchange *out,
                 struct tls_material *material); /* NULL: none */
};

/* In the order in which they are tried where the suite is not known. */
static const struct form forms[] = {
    {.note = "ECDHE", .key_exchange = "ECDHE", .is_signed = true, .read = read_ecdh},
    {.note = "DHE", .key_exchange = "DHE", .is_signed = true, .read = read_dh},
    {.note = "ECDH_anon", .key_exchange = "ECDH_anon", .anonymous = true, .read = read_ecdh},
    {.note = "DH_anon", .key_exchange = "DH_anon", .anonymous = true, .read = read_dh},
    {.note = "RSA", .key_exchange = "RSA", .is_signed = true, .read = read_rsa},
    {.note = "ECDHE_PSK", .key_exchange = "ECDHE_PSK", .hint = true, .read = read_ecdh},
    {.note = "DHE_PSK", .key_exchange = "DHE_PSK", .hint = true, .read = read_dh},
    {.note = "PSK", .key_exchange = "PSK", .hint = true},
    {.note = "RSA_PSK", .key_exchange = "RSA_PSK", .hint = true},
    {.note = "ECJPAKE", .key_exchange = "ECJPAKE", .read = read_ecjpake},
    {.note = "SRP/SRP", .key_exchange = "SRP", .read = read_srp},
    {.note = "SRP/SRP+RSA", .key_exchange = "SRP", .is_signed = true, .read = read_srp},
    {.note = "SRP/SRP+DSS", .key_exchange = "SRP", .is_signed = true, .read = read_srp},
};

static bool read_form(struct ht_bytes body, uint16_t version, const struct form *form,
                      struct tls_server_key_exchange *out, struct tls_material *material)
{
    struct ht_reader r = ht_reader(body);
    *out               = (struct tls_server_key_exchange){0};
    *material          = (struct tls_material){0};
    out->key_exchange  = form->key_exchange;
    out->anonymous     = form->anonymous;
    if (form->hint) {
        out->psk_identity_hint = rd_vec(&r, 2);
    }
    if (form->read != NULL) {
        form->read(&r, out, material);
    }
    if (form->is_signed) {
        material->part[2]    = ht_bytes_head(body, body.len - rd_left(&r));
        out->signature_bytes = take_signature(&r, version, &out->signature_scheme, material);
    }
    return rd_done(&r);
}

/* A row's note is the whole of the suite's, or what is before its slash. */
static const struct form *find_form(struct ht_bytes note)
{
    const uint8_t *slash = note.len > 0 ? memchr(note.ptr, '/', note.len) : NULL;
    size_t kx_len        = slash != NULL ? (size_t)(slash - note.ptr) : note.len;
    for (size_t i = 0; i < HT_ARRAY_LEN(forms); i++) {
        struct ht_bytes row = ht_text(forms[i].note);
        if (ht_bytes_equal(row, note) || ht_bytes_equal(row, ht_bytes_head(note, kx_len))) {
            return &forms[i];
        }
    }
    return NULL;
}

bool tls_server_key_exchange_parse(struct ht_bytes body, uint16_t version, const char *key_exchange,
                                   struct tls_server_key_exchange *out,
                                   struct tls_material *material)
{
    struct ht_bytes note    = ht_text(key_exchange);
    const struct form *form = find_form(note);
    if (form != NULL) {
        return read_form(body, version, form, out, material);
    }
    for (size_t i = 0; note.len == 0 && i < HT_ARRAY_LEN(forms); i++) {
        if (read_form(body, version, &forms[i], out, material)) {
            return true;
        }
    }
    *out      = (struct tls_server_key_exchange){0};
    *material = (struct tls_material){0};
    return note.len > 0;
}

/* struct { opaque dh_Yc<1..2^16-1>; } or { opaque ecdh_Yc<1..2^8-1>; }, behind opaque
 * psk_identity<0..2^16-1> where the server's has a hint. */
struct ht_bytes tls_client_public_value(struct ht_bytes body, const char *key_exchange)
{
    const struct form *form = find_form(ht_text(key_exchange));
    struct ht_reader r      = ht_reader(body);
    if (form == NULL || (form->read != read_dh && form->read != read_ecdh)) {
        return ht_bytes(NULL, 0);
    }
    if (form->hint) {
        (void)rd_vec(&r, 2);
    }
    struct ht_bytes value = rd_vec(&r, form->read == read_dh ? 2 : 1);
    return rd_done(&r) ? value : ht_bytes(NULL, 0);
}

/*
 * CertificateRequest
 *
 * opaque DistinguishedName<1..2^16-1>;
 * struct {
 *     ClientCertificateType certificate_types<1..2^8-1>;
 *     SignatureAndHashAlgorithm supported_signature_algorithms<2..2^16-2>;  (since TLS 1.2)
 *     DistinguishedName certificate_authorities<0..2^16-1>;
 * } CertificateRequest;
 */

static size_t count_names(struct ht_bytes list)
{
    struct ht_reader r = ht_reader(list);
    size_t count       = 0;
    while (rd_more(&r) && rd_vec(&r, 2).len > 0) {
        count++;
    }
    return count;
}

bool tls_certificate_request_parse(struct ht_bytes body, uint16_t version, struct ht_arena *scratch,
                                   struct tls_certificate_request *out)
{
    struct ht_reader r     = ht_reader(body);
    *out                   = (struct tls_certificate_request){0};
    out->certificate_types = tls_take_vector(&r, 1);
    if (version >= TLS_12) {
        out->signature_schemes = tls_take_uint16s(&r, 2);
    }
    struct ht_bytes list   = tls_take_vector(&r, 2);
    out->num_authorities   = count_names(list);
    struct ht_bytes *names = ht_arena_alloc(scratch, out->num_authorities * sizeof *names);
    struct ht_reader items = ht_reader(list);
    for (size_t i = 0; names != NULL && i < out->num_authorities; i++) {
        names[i]         = rd_vec(&items, 2);
        out->authorities = (struct ht_texts){.items = names, .len = i + 1};
    }
    return rd_done(&items) && rd_done(&r);
}

/*
 * opaque OCSPResponse<1..2^24-1>;
 * struct {
 *     CertificateStatusType status_type;
 *     select (status_type) {
 *         case ocsp: OCSPResponse;
 *         case ocsp_multi: OCSPResponse ocsp_response_list<1..2^24-1>;      (RFC 6961)
 *     } response;
 * } CertificateStatus;
 */
bool tls_certificate_status_parse(struct ht_bytes body, struct tls_certificate_status *out)
{
    enum { OCSP = 1, OCSP_MULTI = 2 };
    struct ht_reader r       = ht_reader(body);
    *out                     = (struct tls_certificate_status){0};
    out->status_type         = rd_u8(&r);
    struct ht_bytes response = rd_vec(&r, 3);
    out->response_bytes      = response.len;
    if (out->status_type == OCSP) {
        out->response = response;
    } else if (out->status_type == OCSP_MULTI) {
        struct ht_reader list = ht_reader(response);
        out->response         = rd_vec(&list, 3);
    } else {
        rd_fail(&r);
    }
    return rd_done(&r) && out->response_bytes > 0;
}

bool tls_certificate_verify_parse(struct ht_bytes body, uint16_t version,
                                  struct tls_certificate_verify *out, struct tls_material *material)
{
    struct ht_reader r   = ht_reader(body);
    *out                 = (struct tls_certificate_verify){0};
    *material            = (struct tls_material){0};
    out->signature_bytes = take_signature(&r, version, &out->signature_scheme, material);
    return rd_done(&r);
}

/* struct { uint32 ticket_lifetime_hint; opaque ticket<0..2^16-1>; } NewSessionTicket; */
bool tls_new_session_ticket_parse(struct ht_bytes body, struct tls_new_session_ticket *out)
{
    struct ht_reader r = ht_reader(body);
    *out               = (struct tls_new_session_ticket){0};
    out->lifetime_s    = rd_u32(&r);
    out->ticket        = rd_vec(&r, 2);
    out->ticket_bytes  = out->ticket.len;
    return rd_done(&r);
}

/* struct { AlertLevel level; AlertDescription description; } Alert; */
bool tls_alert_parse(struct ht_bytes body, struct ht_arena *scratch, struct tls_alert *out)
{
    enum { WARNING = 1, FATAL = 2 };
    struct ht_reader r = ht_reader(body);
    *out               = (struct tls_alert){0};
    uint8_t level      = rd_u8(&r);
    uint8_t code       = rd_u8(&r);
    if (!rd_done(&r) || (level != WARNING && level != FATAL)) {
        return false;
    }
    char room[HT_SPELLED_MAX];
    out->level       = level == WARNING ? "warning" : "fatal";
    out->code        = code;
    out->description = ht_arena_copy(scratch, ht_text(ht_registry_spell(room, &tls_alerts, code)));
    return true;
}

bool tls_heartbeat_parse(struct ht_bytes body, struct tls_heartbeat *out)
{
    enum { REQUEST = 1, RESPONSE = 2 };
    struct ht_reader r  = ht_reader(body);
    uint8_t type        = rd_u8(&r);
    *out                = (struct tls_heartbeat){0};
    out->type           = type == REQUEST ? "request" : type == RESPONSE ? "response" : NULL;
    out->payload_length = rd_u16(&r);
    out->bytes          = body.len;
    return !r.bad;
}
