/*
 * Protocols, one a server and version, with the cipher suites that were negotiated.
 *
 * The summary counts a server's versions and its suites, not which went with which. A suite stands
 * with each of the server's versions that allows it: those of TLS 1.3 with that alone (RFC 8446
 * appendix B.4), AEADs and SHA-2 not before TLS 1.2 (RFC 5246 section 7.4.1.4.1 and 6.2.3.3).
 */
#include "report/cbom_build.h"

#include <json-c/json.h>
#include <stdio.h>

static bool has(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

/* Names of TLS 1.3 say cipher and hash alone. */
static bool is_of_tls13(const char *suite)
{
    return strncmp(suite, "TLS_", 4) == 0 && !has(suite, "_WITH_");
}

static bool needs_tls12(const char *suite)
{
    return has(suite, "_GCM") || has(suite, "_CCM") || has(suite, "_POLY1305") ||
           has(suite, "_SHA256") || has(suite, "_SHA384");
}

static bool allows(const char *version, const char *suite)
{
    if (has(version, "TLS 1.3") || is_of_tls13(suite)) {
        return has(version, "TLS 1.3") && is_of_tls13(suite);
    }
    return has(version, "TLS 1.2") || !needs_tls12(suite);
}

/* "0xC0", "0x2F" */
static void set_identifiers(struct cbom *bom, struct json_object *suite, uint16_t id)
{
    struct json_object *identifiers = cbom_new_array(bom, suite, "identifiers");
    char text[2][8];
    (void)snprintf(text[0], sizeof text[0], "0x%02X", id >> 8);
    (void)snprintf(text[1], sizeof text[1], "0x%02X", id & 0xFFU);
    cbom_append(bom, identifiers, json_object_new_string(text[0]));
    cbom_append(bom, identifiers, json_object_new_string(text[1]));
}

static void add_suite(struct cbom *bom, struct json_object *suites, const char *protocol,
                      const struct cbom_evidence *evidence)
{
    struct ht_cbom_algorithm algorithms[HT_CBOM_SUITE_MAX];
    const char *name          = cbom_text(bom, evidence->tally->name);
    size_t num                = ht_cbom_suite(name, algorithms);
    struct json_object *suite = json_object_new_object(), *refs;
    cbom_append(bom, suites, suite);
    if (bom->failed) {
        return;
    }
    cbom_set_text(bom, suite, "name", name);
    refs = cbom_new_array(bom, suite, "algorithms");
    for (size_t i = 0; i < num; i++) {
        const char *ref = cbom_add_algorithm(bom, &algorithms[i], evidence);
        cbom_append(bom, refs, json_object_new_string(ref));
        cbom_depend(bom, protocol, ref);
    }
    set_identifiers(bom, suite, evidence->tally->id);
}

/* "TLS 1.2" is version 1.2 of tls; of what has another name the version is all of it. */
static void set_version(struct cbom *bom, struct json_object *properties, const char *version)
{
    bool datagrams = strncmp(version, "DTLS ", 5) == 0;
    bool tls       = strncmp(version, "TLS ", 4) == 0;
    cbom_set_text(bom, properties, "type", datagrams ? "dtls" : "tls");
    cbom_set_text(bom, properties, "version", version + (datagrams ? 5 : tls ? 4 : 0));
}

static struct json_object *new_protocol(struct cbom *bom, const char *ref, const char *name,
                                        const struct cbom_evidence *evidence)
{
    bool is_new;
    struct json_object *component = cbom_component(bom, ref, "cryptographic-asset", name, &is_new);
    if (component == NULL || !is_new) {
        return NULL;
    }
    cbom_occurrences(bom, component, evidence);
    struct json_object *crypto = cbom_new_object(bom, component, "cryptoProperties");
    cbom_set_text(bom, crypto, "assetType", "protocol");
    return cbom_new_object(bom, crypto, "protocolProperties");
}

/* Returns its bom-ref. */
static const char *add_version(struct cbom *bom, const char *server_ref,
                               const struct cbom_evidence *evidence,
                               const struct ht_objects *suites_seen)
{
    const char *version = cbom_text(bom, evidence->tally->name);
    const char *ref     = cbom_join(bom, cbom_join(bom, "protocol", version), server_ref);
    struct json_object *properties = new_protocol(bom, ref, version, evidence);
    if (properties == NULL) {
        return ref;
    }
    set_version(bom, properties, version);
    const struct ht_tally *tally = suites_seen->items;
    struct json_object *suites   = cbom_new_array(bom, properties, "cipherSuites");
    for (size_t i = 0; i < suites_seen->len; i++) {
        struct cbom_evidence of_suite = *evidence;
        of_suite.tally                = &tally[i];
        if (allows(version, cbom_text(bom, tally[i].name))) {
            add_suite(bom, suites, ref, &of_suite);
        }
    }
    return ref;
}

/* What carries TLS 1.3 (RFC 9001); NULL: the server was not seen to speak it. */
static const char *add_quic(struct cbom *bom, const char *server_ref,
                            const struct ht_server_summary *server, struct cbom_evidence evidence)
{
    const struct ht_tally *tally = server->profile->protocols.items;
    for (size_t i = 0; i < server->profile->protocols.len; i++) {
        if (ht_bytes_equal(tally[i].name, ht_text("quic"))) {
            evidence.tally                 = &tally[i];
            const char *ref                = cbom_join(bom, "protocol/QUIC", server_ref);
            struct json_object *properties = new_protocol(bom, ref, "QUIC", &evidence);
            if (properties != NULL) {
                cbom_set_text(bom, properties, "type", "quic");
            }
            return ref;
        }
    }
    return NULL;
}

void cbom_add_protocols(struct cbom *bom, const char *ref, const struct ht_server_summary *server,
                        struct cbom_evidence evidence)
{
    const struct ht_profile *profile = server->profile;
    const struct ht_tally *tally     = profile->versions.items;
    const char *quic                 = add_quic(bom, ref, server, evidence);
    if (quic != NULL) {
        cbom_depend(bom, ref, quic);
    }
    for (size_t i = 0; i < profile->versions.len; i++) {
        evidence.tally      = &tally[i];
        const char *version = add_version(bom, ref, &evidence, &profile->cipher_suites);
        cbom_depend(bom, quic != NULL ? quic : ref, version);
    }
}
