/* What a connection adds of how its client came there: look-ups, and what they said of the service.
 */
#include "report/observe.h"

#include "analysis/audit/certificates.h"
#include "analysis/service/service.h"
#include "dns/dns.h"
#include "tls/tls.h"

#include <stdio.h>

/* What HTTPS records told the client, and it did not do. */
unsigned report_flags_of_service(const struct ht_connection *c, const struct tls_details *tls)
{
    enum { HTTPS = 443 };
    const struct ht_https_records *https = c->service != NULL ? c->service->https : NULL;
    const struct tls_client_hello *hello = tls->client_hello;
    bool tcp                             = c->transport[0] == 't';
    if (https == NULL || hello == NULL || hello->server_name.len == 0 || !tcp) {
        return 0;
    }
    bool theirs = false;
    for (size_t i = 0; i < https->num_ports; i++) {
        theirs |= c->server->port == https->ports[i];
    }
    bool usual     = c->server->port == HTTPS;
    bool h3        = ht_service_lists(https->alpn, https->alpn_len, ht_text("h3"));
    unsigned flags = h3 && (usual || theirs) ? REPORT_TOLD_H3 : 0;
    return flags | (usual && https->all_ports && !theirs ? REPORT_TOLD_PORT : 0);
}

/* What is for show has any config_id, and is left out. */
uint32_t report_ech_of(const struct tls_details *tls)
{
    enum { FINISHED_AND_ALERT = 128 /* bytes, which look like data where they are encrypted */ };
    const struct tls_encrypted_client_hello *ech =
        tls->client_hello != NULL ? tls->client_hello->encrypted_client_hello : NULL;
    bool real = ech != NULL && ech->outcome != NULL;
    if (!real &&
        (ech == NULL || ech->verdict == NULL || strcmp(ech->verdict, "grease_likely") == 0)) {
        return 0;
    }
    bool silent = tls->client_data_bytes < FINISHED_AND_ALERT;
    return ech->server_name_is_cover && silent ? ech->config_id : REPORT_ECH_OTHER;
}

/* Who asks on behalf of others (no recursion desired) has nobody to encrypt with. */
void report_observe_lookup(struct report_state *state, const struct ht_analysis *a,
                           const struct dns_transaction *t)
{
    char address[HT_ADDRESS_TEXT_MAX], resolver[HT_ADDRESS_TEXT_MAX + sizeof " port 65535"];
    if (t->protocol != NULL || t->query_frame == 0 || !t->recursion_desired || t->client == NULL ||
        t->server == NULL) {
        return;
    }
    state->counts[REPORT_OF_LOOKUPS].judged++;
    if (audit_is_private(&t->server->ip) || ht_address_equal(&t->server->ip, &t->client->ip)) {
        return;
    }
    (void)snprintf(resolver, sizeof resolver, "%s port %u",
                   ht_address_print(address, &t->server->ip), (unsigned)t->server->port);
    const struct report_sight sight = {
        .time_ns = t->start_ns,
        .id      = report_connection_number(a->connection_id(a->engine)),
        .frame   = t->query_frame,
        .source  = report_names_add(&state->names, a->source_name(a->engine)),
        .host    = report_host_of(state, &t->client->ip)};
    const struct report_lookup added = {
        .key = {.resolver = report_names_add(&state->names, ht_text(resolver)), .host = sight.host},
        .count  = 1,
        .sights = {.items = {sight}}};
    report_lookup_add(state, &added);
}
