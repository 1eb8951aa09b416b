/*
 * Record data whose form is like that of no other type.
 */
#include "dns/dns.h"
#include "dns/name.h"
#include "dns/rdata.h"

enum { MAX_PORTS = 65536 / 8, NXT_BITMAP = 16, RCODE_BADSIG = 16 };

static void put_space(struct dns_text *out)
{
    dns_text_char(out, ' ');
}

/* In error fields of TSIG and TKEY 16 is BADSIG, not BADVERS (RFC 8945 section 3). */
static void put_rcode(struct dns_text *out, uint16_t rcode)
{
    const struct ht_registry_entry *known = ht_registry_find(&dns_rcodes, rcode);
    if (rcode == RCODE_BADSIG) {
        dns_text_put(out, ht_text("BADSIG"));
    } else if (known != NULL) {
        dns_text_put(out, ht_text(known->name));
    } else {
        dns_text_uint(out, rcode);
    }
}

static void put_sized(struct dns_text *out, struct ht_bytes bytes)
{
    dns_text_uint(out, bytes.len);
    if (bytes.len > 0) {
        put_space(out);
        dns_text_base64(out, bytes);
    }
}

static void put_or_dash(struct dns_text *out, struct ht_bytes bytes)
{
    if (bytes.len == 0) {
        dns_text_char(out, '-');
    }
    dns_text_base64(out, bytes);
}

/* RFC 9859 section 2.1. */
static void put_scheme(struct dns_text *out, uint8_t scheme)
{
    enum { NOTIFY = 1 };
    if (scheme == NOTIFY) {
        dns_text_put(out, ht_text("NOTIFY"));
    } else {
        dns_text_uint(out, scheme);
    }
}

/* The numbers of the bits that are set: ports (RFC 1035 section 3.4.2), types (RFC 2535 section
 * 5.2). */
static void put_bits(struct dns_text *out, struct ht_reader *r, size_t max, bool types)
{
    struct ht_bytes bitmap = rd_rest(r);
    bool first             = true;
    if (bitmap.len > max) {
        rd_fail(r);
        return;
    }
    for (unsigned bit = 0; bit < bitmap.len * 8; bit++) {
        if ((bitmap.ptr[bit / 8] & 0x80U >> bit % 8) == 0) {
            continue;
        }
        dns_text_put(out, ht_bytes(" ", first ? 0 : 1));
        first = false;
        if (types) {
            dns_type_print(out, (uint16_t)bit);
        } else {
            dns_text_uint(out, bit);
        }
    }
}

/* An address of which the octets `from` to `to` are on the wire; the others are zero. */
static void put_part(struct dns_text *out, struct ht_reader *r, bool six, size_t from, size_t to)
{
    uint8_t bytes[16]   = {0};
    struct ht_bytes got = rd_take(r, to - from);
    if (got.len > 0) {
        memcpy(bytes + from, got.ptr, got.len);
    }
    const struct ht_address address = six ? ht_address6(bytes) : ht_address4(bytes);
    dns_text_address(out, &address);
}

/* RFC 2874 section 3.1.1: the bits behind the prefix, and who has the prefix. */
static void put_a6(struct dns_text *out, struct ht_reader *r, const struct dns_names *names)
{
    uint8_t prefix = rd_u8(r);
    if (prefix > 128) {
        rd_fail(r);
        return;
    }
    dns_text_uint(out, prefix);
    put_space(out);
    put_part(out, r, true, prefix / 8U, 16);
    if (prefix > 0) {
        put_space(out);
        (void)dns_name_parse(r, names, out);
    }
}

/* RFC 3123 section 4: [!]family:address/prefix; trailing zero octets are not on the wire. */
static void put_prefixes(struct dns_text *out, struct ht_reader *r)
{
    enum { FAMILY_IPV4 = 1, FAMILY_IPV6 = 2 };
    for (bool first = true; rd_more(r); first = false) {
        uint16_t family = rd_u16(r);
        uint8_t prefix  = rd_u8(r);
        uint8_t len     = rd_u8(r);
        unsigned octets = family == FAMILY_IPV6 ? 16 : 4;
        if ((family != FAMILY_IPV4 && family != FAMILY_IPV6) || prefix > octets * 8 ||
            (len & 0x7FU) > octets) {
            rd_fail(r);
            return;
        }
        dns_text_put(out, ht_bytes(" ", first ? 0 : 1));
        dns_text_put(out, ht_bytes("!", len >> 7));
        dns_text_uint(out, family);
        dns_text_char(out, ':');
        put_part(out, r, family == FAMILY_IPV6, 0, len & 0x7FU);
        dns_text_char(out, '/');
        dns_text_uint(out, prefix);
    }
}

/* RFC 4025 section 2.5: nothing, an address or a name, never compressed. */
static void put_gateway(struct dns_text *out, struct ht_reader *r, uint8_t type,
                        const struct dns_names *names)
{
    switch (type) {
    case 0:
        dns_text_char(out, '.');
        break;
    case 1:
        put_part(out, r, false, 0, 4);
        break;
    case 2:
        put_part(out, r, true, 0, 16);
        break;
    case 3:
        (void)dns_name_parse(r, names, out);
        break;
    default:
        rd_fail(r);
        break;
    }
}

static void put_ipsec_key(struct dns_text *out, struct ht_reader *r, const struct dns_names *names)
{
    uint8_t precedence = rd_u8(r), type = rd_u8(r), algorithm = rd_u8(r);
    dns_text_uint(out, precedence);
    put_space(out);
    dns_text_uint(out, type);
    put_space(out);
    dns_text_uint(out, algorithm);
    put_space(out);
    put_gateway(out, r, type, names);
    if (rd_more(r)) {
        put_space(out);
        dns_text_base64(out, rd_rest(r));
    }
}

/* RFC 8777 section 4.3.1: precedence, discovery optional, type, relay. */
static void put_relay(struct dns_text *out, struct ht_reader *r, const struct dns_names *names)
{
    uint8_t precedence = rd_u8(r), type = rd_u8(r);
    dns_text_uint(out, precedence);
    put_space(out);
    dns_text_uint(out, type >> 7);
    put_space(out);
    dns_text_uint(out, type & 0x7FU);
    put_space(out);
    put_gateway(out, r, type & 0x7FU, names);
}

/* RFC 8005 section 6: algorithm, HIT, key, rendezvous servers. */
static void put_host_identity(struct dns_text *out, struct ht_reader *r,
                              const struct dns_names *names)
{
    uint8_t hit_len = rd_u8(r), algorithm = rd_u8(r);
    uint16_t key_len = rd_u16(r);
    dns_text_uint(out, algorithm);
    put_space(out);
    dns_text_hex(out, rd_take(r, hit_len));
    put_space(out);
    dns_text_base64(out, rd_take(r, key_len));
    while (rd_more(r)) {
        put_space(out);
        (void)dns_name_parse(r, names, out);
    }
    if (hit_len == 0 || key_len == 0) {
        rd_fail(r);
    }
}

static void put_padded(struct dns_text *out, uint64_t value, uint64_t above)
{
    for (; above > 1 && value < above; above /= 10) {
        dns_text_char(out, '0');
    }
    dns_text_uint(out, value);
}

/* Degrees, minutes, seconds with three decimals, of thousandths of a second from 2^31. */
static void put_angle(struct dns_text *out, struct ht_reader *r, uint32_t max_degrees,
                      const char *ends)
{
    enum { MINUTE = 60 * 1000, DEGREE = 60 * MINUTE };
    const uint32_t middle = UINT32_C(1) << 31;
    uint32_t raw          = rd_u32(r);
    uint32_t from_middle  = raw >= middle ? raw - middle : middle - raw;
    if (from_middle > max_degrees * (uint32_t)DEGREE) {
        rd_fail(r);
    }
    dns_text_uint(out, from_middle / DEGREE);
    put_space(out);
    dns_text_uint(out, from_middle / MINUTE % 60);
    put_space(out);
    dns_text_uint(out, from_middle / 1000 % 60);
    dns_text_char(out, '.');
    put_padded(out, from_middle % 1000, 100);
    put_space(out);
    dns_text_char(out, ends[raw >= middle ? 0 : 1]);
    put_space(out);
}

static void put_centimetres(struct dns_text *out, uint64_t centimetres)
{
    dns_text_uint(out, centimetres / 100);
    if (centimetres % 100 != 0) {
        dns_text_char(out, '.');
        put_padded(out, centimetres % 100, 10);
    }
    dns_text_char(out, 'm');
}

/* Four bits times ten to the power of four bits, in centimetres (RFC 1876 section 2). */
static void put_size(struct dns_text *out, struct ht_reader *r, uint8_t raw)
{
    uint64_t centimetres = raw >> 4;
    if (raw >> 4 > 9 || (raw & 15) > 9) {
        rd_fail(r);
    }
    for (unsigned i = 0; i < (raw & 15U); i++) {
        centimetres *= 10;
    }
    put_space(out);
    put_centimetres(out, centimetres);
}

static void put_location(struct dns_text *out, struct ht_reader *r)
{
    enum { SEA_LEVEL = 10000000 }; /* centimetres above the lowest altitude */
    uint8_t version = rd_u8(r), size = rd_u8(r), horizontal = rd_u8(r), vertical = rd_u8(r);
    if (version != 0) {
        rd_fail(r);
        return;
    }
    put_angle(out, r, 90, "NS");
    put_angle(out, r, 180, "EW");
    uint32_t altitude = rd_u32(r);
    if (altitude < SEA_LEVEL) {
        dns_text_char(out, '-');
    }
    put_centimetres(out, altitude >= SEA_LEVEL ? altitude - SEA_LEVEL : SEA_LEVEL - altitude);
    put_size(out, r, size);
    put_size(out, r, horizontal);
    put_size(out, r, vertical);
}

static void put_shaped(struct dns_text *out, char letter, struct ht_reader *r,
                       const struct dns_names *names)
{
    switch (letter) {
    case 'w':
        put_bits(out, r, MAX_PORTS, false);
        break;
    case 'W':
        put_bits(out, r, NXT_BITMAP, true);
        break;
    case 'o':
        put_a6(out, r, names);
        break;
    case 'p':
        put_prefixes(out, r);
        break;
    case 'k':
        put_ipsec_key(out, r, names);
        break;
    case 'd':
        put_relay(out, r, names);
        break;
    case 'j':
        put_host_identity(out, r, names);
        break;
    default:
        put_location(out, r);
        break;
    }
}

void dns_rdata_print_special(struct dns_text *out, char letter, struct ht_reader *r,
                             const struct dns_names *names)
{
    switch (letter) {
    case '6':
    case '8':
        dns_text_uint(out, rd_uint(r, (unsigned)(letter - '0')));
        break;
    case 'Y':
        put_scheme(out, rd_u8(r));
        break;
    case 'R':
        put_rcode(out, rd_u16(r));
        break;
    case 'z':
        put_sized(out, rd_vec(r, 2));
        break;
    case 'c':
        put_or_dash(out, rd_rest(r));
        break;
    case 'N':
        dns_text_put(out, ht_text("0x"));
        dns_text_hex(out, rd_rest(r));
        break;
    default:
        put_shaped(out, letter, r, names);
        break;
    }
}
