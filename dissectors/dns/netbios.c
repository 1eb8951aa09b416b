#include "dns/netbios.h"

#include "base/bytes.h"
#include "dns/rdata.h"

enum {
    TYPE_NB     = 0x20,
    TYPE_NBSTAT = 0x21,

    NAME_OCTETS    = 16,
    ENCODED_OCTETS = 2 * NAME_OCTETS,
    UNIT_ADDRESS   = 6, /* the statistics begin with it */

    /* Of NB_FLAGS and NAME_FLAGS (RFC 1002 sections 4.2.1.3 and 4.2.18): */
    GROUP_NAME = 0x8000,
    NODE_SHIFT = 13
};

/* Half an octet is a letter from A to P. */
static bool decode(struct ht_bytes encoded, uint8_t out[NAME_OCTETS])
{
    for (size_t i = 0; i < ENCODED_OCTETS; i++) {
        uint8_t nibble = (uint8_t)(encoded.ptr[i] - 'A');
        if (nibble > 15) {
            return false;
        }
        out[i / 2] = (uint8_t)(i % 2 == 0 ? nibble << 4 : out[i / 2] | nibble);
    }
    return true;
}

/* Without the spaces, or after a wildcard the zeros, that make it 15 octets. */
static void put_name(struct dns_text *text, const uint8_t name[NAME_OCTETS])
{
    size_t len = NAME_OCTETS - 1;
    while (len > 0 && (name[len - 1] == ' ' || name[len - 1] == '\0')) {
        len--;
    }
    dns_text_escaped(text, ht_bytes(name, len), ' ', '.');
    dns_text_char(text, '<');
    dns_text_hex(text, ht_bytes(&name[NAME_OCTETS - 1], 1));
    dns_text_char(text, '>');
}

struct ht_bytes dns_netbios_name(struct dns_text *text, struct ht_bytes encoded)
{
    uint8_t name[NAME_OCTETS];
    bool label = encoded.len == ENCODED_OCTETS ||
                 (encoded.len > ENCODED_OCTETS && encoded.ptr[ENCODED_OCTETS] == '.');
    if (!label || !decode(encoded, name)) {
        return encoded;
    }
    put_name(text, name);
    dns_text_put(text, ht_bytes_from(encoded, ENCODED_OCTETS));
    if (text->full) {
        dns_text_drop(text);
        return encoded;
    }
    return dns_text_done(text);
}

static void put_group(struct dns_text *out, uint16_t flags)
{
    if ((flags & GROUP_NAME) != 0) {
        dns_text_put(out, ht_text(" group"));
    }
}

/* RFC 1002 section 4.2.13: at which addresses a name is. */
static bool print_addresses(struct dns_text *out, struct ht_reader *r)
{
    static const char nodes[] = "BPMH";
    bool some                 = rd_more(r);
    while (rd_more(r)) {
        uint16_t flags         = rd_u16(r);
        struct ht_bytes octets = rd_take(r, 4);
        if (r->bad) {
            return false;
        }
        const struct ht_address address = ht_address4(octets.ptr);
        dns_text_address(out, &address);
        dns_text_char(out, ' ');
        dns_text_char(out, nodes[flags >> NODE_SHIFT & 3]);
        put_group(out, flags);
        dns_text_put(out, ht_text(rd_more(r) ? ", " : ""));
    }
    return some;
}

/* RFC 1002 section 4.2.18: the names of a node, then what it counts, of which only the unit's
 * address is told. */
static bool print_status(struct dns_text *out, struct ht_reader *r)
{
    size_t num = rd_u8(r);
    for (size_t i = 0; i < num; i++) {
        struct ht_bytes name = rd_take(r, NAME_OCTETS);
        uint16_t flags       = rd_u16(r);
        if (r->bad) {
            return false;
        }
        put_name(out, name.ptr);
        put_group(out, flags);
        dns_text_put(out, ht_text(", "));
    }
    struct ht_bytes unit = rd_take(r, UNIT_ADDRESS);
    if (r->bad) {
        return false;
    }
    for (size_t i = 0; i < UNIT_ADDRESS; i++) {
        dns_text_put(out, ht_text(i == 0 ? "" : ":"));
        dns_text_hex(out, ht_bytes(&unit.ptr[i], 1));
    }
    return true;
}

bool dns_netbios_rdata_print(struct dns_text *out, uint16_t type, struct ht_bytes rdata)
{
    struct ht_reader r = ht_reader(rdata);
    switch (type) {
    case TYPE_NB:
        return print_addresses(out, &r);
    case TYPE_NBSTAT:
        return print_status(out, &r);
    default:
        dns_rdata_print_unknown(out, rdata);
        return true;
    }
}
