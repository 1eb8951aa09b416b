#include "analysis/audit/certificates.h"

#include "base/time.h"

#include <string.h>

const char *audit_name(char room[AUDIT_NAME_MAX], struct ht_bytes name)
{
    static const char more[] = "…";
    bool cut                 = name.len >= AUDIT_NAME_MAX;
    size_t len               = cut ? AUDIT_NAME_MAX - sizeof more : name.len;
    while (cut && len > 0 && (name.ptr[len] & 0xC0) == 0x80) { /* not amid a character */
        len--;
    }
    for (size_t i = 0; i < len; i++) {
        room[i] = name.ptr[i] < ' ' ? '?' : (char)name.ptr[i];
    }
    memcpy(room + len, cut ? more : "", cut ? sizeof more : 1);
    return room;
}

bool audit_has_word(struct ht_texts list, const char *word)
{
    for (size_t i = 0; i < list.len; i++) {
        if (ht_bytes_equal(list.items[i], ht_text(word))) {
            return true;
        }
    }
    return false;
}

bool audit_is_private(const struct ht_address *address)
{
    static const struct {
        uint8_t version, bits;
        uint8_t bytes[2];
    } networks[] = {
        {4, 8, {10}},       {4, 8, {127}},         {4, 12, {172, 16}}, {4, 16, {192, 168}},
        {4, 10, {100, 64}}, {4, 16, {169, 254}},   {4, 8, {0}},        {4, 3, {224}},
        {6, 7, {0xFC}},     {6, 10, {0xFE, 0x80}}, {6, 8, {0xFF}},
    };
    static const struct ht_address loopback = {.bytes = {[15] = 1}, .version = 6};
    static const struct ht_address none     = {.version = 6};
    uint16_t begin                          = ht_be16(ht_bytes(address->bytes, 2), 0);
    for (size_t i = 0; i < HT_ARRAY_LEN(networks); i++) {
        uint16_t network = ht_be16(ht_bytes(networks[i].bytes, 2), 0);
        if (networks[i].version == address->version &&
            (begin ^ network) >> (16 - networks[i].bits) == 0) {
            return true;
        }
    }
    return ht_address_equal(address, &loopback) || ht_address_equal(address, &none);
}

bool audit_is_media(const struct audit_case *c)
{
    const struct tls_client_capabilities *offered =
        c->offer != NULL ? c->offer->capabilities : NULL;
    const struct tls_server_choices *chosen = c->answer != NULL ? c->answer->choices : NULL;
    return (offered != NULL && offered->srtp_profiles.len > 0) ||
           (chosen != NULL && chosen->srtp_profile.set);
}

bool audit_is_trusted(const struct audit_case *c)
{
    return (c->chain->as_sent != NULL && c->chain->as_sent->trusted) ||
           (c->chain->repaired != NULL && c->chain->repaired->trusted);
}

bool audit_knows_time(const struct audit_case *c)
{
    const int64_t any_s    = 978307200;  /* 2001-01-01 */
    const int64_t tls12_s  = 1217548800; /* 2008-08-01, RFC 5246 */
    const int64_t tls13_s  = 1533081600; /* 2018-08-01, RFC 8446 */
    const int64_t earliest = c->version >= TLS_13   ? tls13_s
                             : c->version == TLS_12 ? tls12_s
                                                    : any_s;
    return c->settings->as_of_ns != 0 || c->now_ns >= earliest * HT_SECOND_NS;
}

uint64_t audit_valid_days(const struct ht_chain_facts *facts)
{
    if (facts->not_after_ns <= facts->not_before_ns) {
        return 0;
    }
    uint64_t valid_s =
        ((uint64_t)facts->not_after_ns - (uint64_t)facts->not_before_ns) / HT_SECOND_NS;
    return valid_s / AUDIT_DAY_S + 1;
}
