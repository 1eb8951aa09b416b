#include "dns/rdata.h"

#include "base/time.h"
#include "dns/dns.h"
#include "dns/name.h"

/* A type's data as a row of fields, one letter each, written with a space between them:
 *   n name                        1 2 4 integer of so many bytes
 *   a IPv4 address                q IPv6 address
 *   s character-string            S character-strings to the end, one at least
 *   g tag, with its length        u all that is left, as one character-string
 *   b the rest in base64          h the rest in hexadecimal
 *   x hexadecimal, with its length, "-" where empty
 *   y base32hex, with its length  t time
 *   r type                        m bitmap of types
 *   e the rest as dashed pairs    i 64-bit identifier
 *   v service parameters
 * and those of rdata_special.c, of one type or two each:
 *   6 8 integer                   R response code                  Y scheme of notification
 *   z octets with their number before them, in base64
 *   c the rest in base64, "-" where empty
 *   N 0x and the rest in hexadecimal
 *   w W o p l k d j: what WKS, NXT, A6, APL, LOC, IPSECKEY, AMTRELAY and HIP alone have */
static const char *const forms[] = {
    [1]   = "a",         /* A, RFC 1035 */
    [2]   = "n",         /* NS */
    [3]   = "n",         /* MD */
    [4]   = "n",         /* MF */
    [5]   = "n",         /* CNAME */
    [6]   = "nn44444",   /* SOA */
    [7]   = "n",         /* MB */
    [8]   = "n",         /* MG */
    [9]   = "n",         /* MR */
    [11]  = "a1w",       /* WKS */
    [12]  = "n",         /* PTR */
    [13]  = "ss",        /* HINFO */
    [14]  = "nn",        /* MINFO */
    [15]  = "2n",        /* MX */
    [16]  = "S",         /* TXT */
    [17]  = "nn",        /* RP, RFC 1183 */
    [18]  = "2n",        /* AFSDB */
    [19]  = "s",         /* X25, RFC 1183 */
    [20]  = "S",         /* ISDN */
    [21]  = "2n",        /* RT */
    [22]  = "N",         /* NSAP, RFC 1706 */
    [23]  = "n",         /* NSAP-PTR */
    [24]  = "r114tt2nb", /* SIG, RFC 2535 */
    [25]  = "211b",      /* KEY */
    [26]  = "2nn",       /* PX, RFC 2163 */
    [27]  = "sss",       /* GPOS, RFC 1712 */
    [28]  = "q",         /* AAAA, RFC 3596 */
    [29]  = "l",         /* LOC, RFC 1876 */
    [30]  = "nW",        /* NXT, RFC 2535 */
    [31]  = "h",         /* EID */
    [32]  = "h",         /* NIMLOC */
    [33]  = "222n",      /* SRV, RFC 2782 */
    [35]  = "22sssn",    /* NAPTR, RFC 3403 */
    [36]  = "2n",        /* KX, RFC 2230 */
    [37]  = "221b",      /* CERT, RFC 4398 */
    [38]  = "o",         /* A6, RFC 2874 */
    [39]  = "n",         /* DNAME, RFC 6672 */
    [40]  = "111b",      /* SINK */
    [42]  = "p",         /* APL, RFC 3123 */
    [43]  = "211h",      /* DS, RFC 4034 */
    [44]  = "11h",       /* SSHFP, RFC 4255 */
    [45]  = "k",         /* IPSECKEY, RFC 4025 */
    [46]  = "r114tt2nb", /* RRSIG */
    [47]  = "nm",        /* NSEC */
    [48]  = "211b",      /* DNSKEY */
    [49]  = "b",         /* DHCID, RFC 4701 */
    [50]  = "112xym",    /* NSEC3, RFC 5155 */
    [51]  = "112x",      /* NSEC3PARAM */
    [52]  = "111h",      /* TLSA, RFC 6698 */
    [53]  = "111h",      /* SMIMEA, RFC 8162 */
    [55]  = "j",         /* HIP, RFC 8005 */
    [56]  = "S",         /* NINFO */
    [57]  = "211b",      /* RKEY */
    [58]  = "nn",        /* TALINK */
    [59]  = "211h",      /* CDS, RFC 7344 */
    [60]  = "211b",      /* CDNSKEY */
    [61]  = "b",         /* OPENPGPKEY, RFC 7929 */
    [62]  = "42m",       /* CSYNC, RFC 7477 */
    [63]  = "411h",      /* ZONEMD, RFC 8976 */
    [64]  = "2nv",       /* SVCB, RFC 9460 */
    [65]  = "2nv",       /* HTTPS */
    [66]  = "rY2n",      /* DSYNC, RFC 9859 */
    [67]  = "b",         /* HHIT, RFC 9886 */
    [68]  = "b",         /* BRID */
    [99]  = "S",         /* SPF */
    [104] = "2i",        /* NID, RFC 6742 */
    [105] = "2a",        /* L32 */
    [106] = "2i",        /* L64 */
    [107] = "2n",        /* LP */
    [108] = "e",         /* EUI48, RFC 7043 */
    [109] = "e",         /* EUI64 */
};

struct form {
    uint16_t type;
    const char *fields;
};

static const struct form high_forms[] = {
    {249, "n442Rzz"}, /* TKEY, RFC 2930 */
    {250, "n62z2Rz"}, /* TSIG, RFC 8945 */
    {256, "22u"},     /* URI, RFC 7553 */
    {257, "1gu"},     /* CAA, RFC 8659 */
    {258, "S"},       /* AVC */
    {259, "441sc"},   /* DOA */
    {260, "d"},       /* AMTRELAY, RFC 8777 */
    {261, "S"},       /* RESINFO, RFC 9606 */
    {262, "S"},       /* WALLET */
    {263, "S"},       /* CLA */
    {264, "8"},       /* IPN */
    {32768, "211h"},  /* TA */
    {32769, "211h"},  /* DLV, RFC 4431 */
};

static const char *form_of(uint16_t type)
{
    if (type < HT_ARRAY_LEN(forms)) {
        return forms[type];
    }
    for (size_t i = 0; i < HT_ARRAY_LEN(high_forms); i++) {
        if (high_forms[i].type == type) {
            return high_forms[i].fields;
        }
    }
    return NULL;
}

void dns_rdata_print_unknown(struct dns_text *out, struct ht_bytes rdata)
{
    dns_text_put(out, ht_text("\\# "));
    dns_text_uint(out, rdata.len);
    if (rdata.len > 0) {
        dns_text_char(out, ' ');
        dns_text_hex(out, rdata);
    }
}

struct ht_bytes dns_type_name(struct dns_text *out, uint16_t type)
{
    if (type == 0) {
        return ht_bytes("TYPE0", 5); /* reserved, and not a name that a record can have */
    }
    return dns_text_named(out, &dns_types, type, "TYPE");
}

void dns_type_print(struct dns_text *out, uint16_t type)
{
    const struct ht_registry_entry *known = ht_registry_find(&dns_types, type);
    if (known != NULL && type != 0) {
        dns_text_put(out, ht_text(known->name));
    } else {
        dns_text_put(out, ht_text("TYPE"));
        dns_text_uint(out, type);
    }
}

static void put_address(struct dns_text *out, struct ht_bytes raw)
{
    struct ht_address address = {0};
    if (raw.len == 4) {
        address = ht_address4(raw.ptr);
    } else if (raw.len == 16) {
        address = ht_address6(raw.ptr);
    }
    dns_text_address(out, &address);
}

/* YYYYMMDDHHmmSS in UTC (RFC 4034 section 3.2): RFC 3339 without what is between the digits. */
static void put_time(struct dns_text *out, uint32_t seconds)
{
    char room[HT_TIME_TEXT_MAX];
    for (const char *c = ht_time_print(room, seconds * HT_SECOND_NS, 0); *c != '\0'; c++) {
        if (*c >= '0' && *c <= '9') {
            dns_text_char(out, *c);
        }
    }
}

static void put_strings(struct dns_text *out, struct ht_reader *r)
{
    dns_text_quoted(out, rd_vec(r, 1));
    while (rd_more(r)) {
        dns_text_char(out, ' ');
        dns_text_quoted(out, rd_vec(r, 1));
    }
}

/* RFC 8659 section 4.1: one letter or digit at least. */
static void put_tag(struct dns_text *out, struct ht_reader *r)
{
    struct ht_bytes tag = rd_vec(r, 1);
    if (tag.len == 0) {
        rd_fail(r);
    }
    dns_text_escaped(out, tag, '!', '"');
}

/* One window of a bitmap (RFC 4034 section 4.1.2). */
static void put_window(struct dns_text *out, unsigned window, struct ht_bytes bitmap, bool *first)
{
    for (unsigned bit = 0; bit < bitmap.len * 8; bit++) {
        if ((bitmap.ptr[bit / 8] & 0x80U >> bit % 8) != 0) {
            dns_text_put(out, ht_bytes(" ", *first ? 0 : 1));
            dns_type_print(out, (uint16_t)(window << 8 | bit));
            *first = false;
        }
    }
}

static void put_types(struct dns_text *out, struct ht_reader *r)
{
    int last   = -1;
    bool first = true;
    while (rd_more(r)) {
        uint8_t window         = rd_u8(r);
        struct ht_bytes bitmap = rd_vec(r, 1);
        if (window <= last || bitmap.len == 0 || bitmap.len > 32) {
            rd_fail(r);
            break;
        }
        put_window(out, window, bitmap, &first);
        last = window;
    }
}

static void put_dashed(struct dns_text *out, struct ht_bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        dns_text_put(out, ht_bytes("-", i == 0 ? 0 : 1));
        dns_text_hex(out, ht_bytes(bytes.ptr + i, 1));
    }
}

/* Four groups of hexadecimal (RFC 6742 section 2.1.2). */
static void put_identifier(struct dns_text *out, struct ht_reader *r)
{
    for (int group = 0; group < 4; group++) {
        dns_text_put(out, ht_bytes(":", group == 0 ? 0 : 1));
        dns_text_hex(out, rd_take(r, 2));
    }
}

static void put_salt(struct dns_text *out, struct ht_bytes salt)
{
    if (salt.len == 0) {
        dns_text_char(out, '-');
    }
    dns_text_hex(out, salt);
}

/* Fields that are a number or an address. */
static bool put_fixed(struct dns_text *out, char letter, struct ht_reader *r)
{
    switch (letter) {
    case '1':
        dns_text_uint(out, rd_u8(r));
        return true;
    case '2':
        dns_text_uint(out, rd_u16(r));
        return true;
    case '4':
        dns_text_uint(out, rd_u32(r));
        return true;
    case 'a':
        put_address(out, rd_take(r, 4));
        return true;
    case 'q':
        put_address(out, rd_take(r, 16));
        return true;
    case 't':
        put_time(out, rd_u32(r));
        return true;
    case 'r':
        dns_type_print(out, rd_u16(r));
        return true;
    case 'i':
        put_identifier(out, r);
        return true;
    default:
        return false;
    }
}

static bool put_variable(struct dns_text *out, char letter, struct ht_reader *r)
{
    switch (letter) {
    case 's':
        dns_text_quoted(out, rd_vec(r, 1));
        break;
    case 'S':
        put_strings(out, r);
        break;
    case 'u':
        dns_text_quoted(out, rd_rest(r));
        break;
    case 'g':
        put_tag(out, r);
        break;
    case 'b':
        dns_text_base64(out, rd_rest(r));
        break;
    case 'h':
        dns_text_hex(out, rd_rest(r));
        break;
    case 'e':
        put_dashed(out, rd_rest(r));
        break;
    case 'x':
        put_salt(out, rd_vec(r, 1));
        break;
    case 'y':
        dns_text_base32hex(out, rd_vec(r, 1));
        break;
    case 'm':
        put_types(out, r);
        break;
    default:
        return false;
    }
    return true;
}

bool dns_rdata_print(struct dns_text *out, uint16_t type, struct ht_bytes rdata,
                     const struct dns_names *names)
{
    const char *form   = form_of(type);
    struct ht_reader r = ht_reader(rdata);
    if (form == NULL) {
        dns_rdata_print_unknown(out, rdata);
        return true;
    }
    for (const char *letter = form; *letter != '\0' && !r.bad; letter++) {
        if (*letter == 'v') {
            (void)dns_svc_params_print(out, &r);
            continue;
        }
        if (letter != form) {
            dns_text_char(out, ' ');
        }
        if (*letter == 'n') {
            (void)dns_name_parse(&r, names, out);
        } else if (!put_fixed(out, *letter, &r) && !put_variable(out, *letter, &r)) {
            dns_rdata_print_special(out, *letter, &r, names);
        }
    }
    return rd_done(&r);
}
