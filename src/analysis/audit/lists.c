#include "analysis/audit/lists.h"

#include "tls/session.h"

#include <stdio.h>

/* The same, as it is on the wire. */
static uint16_t highest_on_wire(const struct tls_client_hello *offer)
{
    struct ht_bytes list = offer->supported_versions;
    uint16_t highest     = 0;
    for (size_t i = 0; i < list.len / 2; i++) {
        uint16_t version = ht_be16(list, i);
        if (!ht_is_grease(version) && tls_comparable(version) > tls_comparable(highest)) {
            highest = version;
        }
    }
    return highest != 0 ? highest : offer->legacy_version.id;
}

uint16_t audit_highest_offered(const struct tls_client_hello *offer)
{
    uint16_t highest = tls_comparable(highest_on_wire(offer));
    return highest > TLS_13 ? TLS_13 : highest;
}

const char *audit_highest_name(const struct tls_client_hello *offer)
{
    const struct ht_registry_entry *entry = ht_registry_find(&tls_versions, highest_on_wire(offer));
    return entry != NULL ? entry->name : "an unknown version";
}

struct ht_named audit_signature_scheme(const struct audit_case *c)
{
    return c->key_exchange != NULL ? c->key_exchange->signature_scheme
           : c->verify != NULL     ? c->verify->signature_scheme
                                   : (struct ht_named){0};
}

const char *audit_signed_message(const struct audit_case *c)
{
    return c->key_exchange != NULL ? "ServerKeyExchange" : "CertificateVerify";
}

uint64_t audit_signed_frame(const struct audit_case *c)
{
    return c->key_exchange != NULL ? c->key_exchange_entry->frame : c->verify_entry->frame;
}

const struct tls_certificate_request *audit_certificate_request(const struct audit_case *c,
                                                                uint64_t *out_frame)
{
    const struct ht_timeline_entry *entry =
        audit_find_event(c, &tls_certificate_request_event, "server");
    if (entry == NULL || entry->object == NULL || entry->partial || entry->malformed) {
        return NULL;
    }
    *out_frame = entry->frame;
    return entry->object;
}

const char *audit_list(char *room, size_t size, const struct ht_registry *names,
                       struct ht_bytes list)
{
    static const char more[] = ", …";
    size_t len               = 0;
    room[0]                  = '\0';
    for (size_t i = 0; i < list.len / 2; i++) {
        char spelled[HT_SPELLED_MAX];
        const char *name = ht_registry_spell(spelled, names, ht_be16(list, i));
        const char *gap  = len > 0 ? ", " : "";
        if (len + strlen(gap) + strlen(name) + sizeof more > size) {
            (void)snprintf(room + len, size - len, "%s", more);
            break;
        }
        len += (size_t)snprintf(room + len, size - len, "%s%s", gap, name);
    }
    return room;
}
