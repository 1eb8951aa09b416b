#include "report/cbom.h"

#include "base/digits.h"
#include "base/time.h"
#include "crypto/digest.h"
#include "report/cbom_build.h"
#include "report/inventory.h"
#include "report/printable.h"

#include <json-c/json.h>
#include <stdio.h>

/* The algorithms that were negotiated beside the cipher suites. */
static void add_profile(struct cbom *bom, const char *ref, const struct ht_profile *profile,
                        struct cbom_evidence evidence)
{
    const struct ht_tally *group  = profile->groups.items;
    const struct ht_tally *scheme = profile->signature_schemes.items;
    for (size_t i = 0; i < profile->groups.len; i++) {
        evidence.tally = &group[i];
        cbom_depend(bom, ref, cbom_add_group(bom, cbom_text(bom, group[i].name), &evidence));
    }
    for (size_t i = 0; i < profile->signature_schemes.len; i++) {
        evidence.tally = &scheme[i];
        cbom_depend(bom, ref, cbom_add_signature(bom, cbom_text(bom, scheme[i].name), &evidence));
    }
}

static void set_seen(struct cbom *bom, struct json_object *object, const struct ht_profile *profile)
{
    char text[HT_TIME_TEXT_MAX];
    cbom_property(bom, object, "first_seen", ht_time_print(text, profile->first_seen_ns, 9));
    cbom_property(bom, object, "last_seen", ht_time_print(text, profile->last_seen_ns, 9));
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)profile->connections);
    cbom_property(bom, object, "connections", text);
}

/* "10.0.0.1:443" */
static const char *endpoint_of(struct cbom *bom, const struct ht_server_summary *server)
{
    struct ht_text room = {0};
    ht_text_endpoint(&room, &server->ip, server->port);
    const char *text = cbom_text(bom, ht_chars_view(&room.out));
    bom->failed |= room.out.failed;
    ht_chars_free(&room.out);
    return text;
}

static void add_server_certificates(struct cbom *bom, const char *ref,
                                    const struct ht_server_summary *server)
{
    const struct ht_tally *tally = server->certificates.items;
    for (size_t i = 0; i < server->certificates.len; i++) {
        const struct ht_certificate_summary *certificate =
            ht_inventory_certificate(bom->data, tally[i].name);
        if (certificate != NULL) {
            cbom_depend(bom, ref, cbom_add_certificate(bom, certificate));
        }
    }
}

static void add_server(struct cbom *bom, const struct ht_server_summary *server)
{
    const char *transport = server->transport != NULL ? server->transport : "tcp";
    const char *endpoint  = endpoint_of(bom, server);
    const char *name      = cbom_text(bom, server->name);
    const char *ref       = cbom_join(bom, cbom_join(bom, "server", transport), endpoint);
    ref                   = name[0] != '\0' ? cbom_join(bom, ref, name) : ref;
    if (server->profile == NULL || json_object_object_get_ex(bom->services, ref, NULL)) {
        return;
    }
    struct json_object *service = cbom_new_object(bom, bom->services, ref);
    cbom_set_text(bom, service, "bom-ref", ref);
    cbom_set_text(bom, service, "name", name[0] != '\0' ? name : endpoint);
    const char *scheme = strcmp(transport, "udp") == 0 ? "udp:/" : "tcp:/";
    cbom_append(bom, cbom_new_array(bom, service, "endpoints"),
                json_object_new_string(cbom_join(bom, scheme, endpoint)));
    cbom_property(bom, service, "starttls", cbom_text(bom, server->starttls));
    set_seen(bom, service, server->profile);
    cbom_depend(bom, ref, "");
    const struct cbom_evidence evidence = {
        .examples = &server->examples, .connections = server->profile->connections, .where = ref};
    cbom_add_protocols(bom, ref, server, evidence);
    add_profile(bom, ref, server->profile, evidence);
    add_server_certificates(bom, ref, server);
}

static void add_client(struct cbom *bom, const struct ht_client_summary *client)
{
    bool is_new;
    const char *ja4               = cbom_text(bom, client->ja4);
    const char *ref               = cbom_join(bom, "client", ja4);
    struct json_object *component = cbom_component(bom, ref, "application", ja4, &is_new);
    if (component == NULL || !is_new || client->profile == NULL) {
        return;
    }
    cbom_property(bom, component, "ja4", ja4);
    set_seen(bom, component, client->profile);
    struct cbom_evidence evidence = {
        .examples = &client->examples, .connections = client->profile->connections, .where = ref};
    cbom_occurrences(bom, component, &evidence);
    add_profile(bom, ref, client->profile, evidence);
    const struct ht_tally *suite = client->profile->cipher_suites.items;
    for (size_t i = 0; i < client->profile->cipher_suites.len; i++) {
        struct ht_cbom_algorithm algorithms[HT_CBOM_SUITE_MAX];
        size_t num     = ht_cbom_suite(cbom_text(bom, suite[i].name), algorithms);
        evidence.tally = &suite[i];
        for (size_t j = 0; j < num; j++) {
            cbom_depend(bom, ref, cbom_add_algorithm(bom, &algorithms[j], &evidence));
        }
    }
}

static void add_all(struct cbom *bom)
{
    const struct ht_server_summary *servers           = bom->data->servers.items;
    const struct ht_client_summary *clients           = bom->data->clients.items;
    const struct ht_certificate_summary *certificates = bom->data->certificates.items;
    for (size_t i = 0; i < bom->data->servers.len && !bom->failed; i++) {
        add_server(bom, &servers[i]);
    }
    for (size_t i = 0; i < bom->data->clients.len && !bom->failed; i++) {
        add_client(bom, &clients[i]);
    }
    for (size_t i = 0; i < bom->data->certificates.len && !bom->failed; i++) {
        (void)cbom_add_certificate(bom, &certificates[i]); /* those of issuers */
    }
}

static struct json_object *metadata_of(struct cbom *bom, const char *version)
{
    char time[HT_TIME_TEXT_MAX];
    struct json_object *metadata = json_object_new_object();
    struct json_object *phase = json_object_new_object(), *tool = json_object_new_object();
    if (metadata == NULL || phase == NULL || tool == NULL) {
        json_object_put(metadata);
        json_object_put(phase);
        json_object_put(tool);
        bom->failed = true;
        return NULL;
    }
    if (bom->data->coverage != NULL && bom->data->coverage->last_seen_ns != 0) {
        cbom_set_text(bom, metadata, "timestamp",
                      ht_time_print(time, bom->data->coverage->last_seen_ns, 9));
    }
    cbom_set_text(bom, phase, "phase", "discovery");
    cbom_append(bom, cbom_new_array(bom, metadata, "lifecycles"), phase);
    cbom_set_text(bom, tool, "type", "application");
    cbom_set_text(bom, tool, "name", "hellotap");
    cbom_set_text(bom, tool, "version", version);
    struct json_object *tools = cbom_new_object(bom, metadata, "tools");
    cbom_append(bom, cbom_new_array(bom, tools, "components"), tool);
    return metadata;
}

/* The members of `from`, by their order. */
static struct json_object *values_of(struct cbom *bom, struct json_object *from)
{
    struct json_object *array = json_object_new_array();
    json_object_object_foreach(from, ref, value)
    {
        (void)ref;
        cbom_append(bom, array, json_object_get(value));
    }
    return array;
}

static struct json_object *dependency_of(struct cbom *bom, const char *ref,
                                         struct json_object *uses)
{
    struct json_object *dependency = json_object_new_object();
    if (dependency == NULL) {
        return NULL;
    }
    cbom_set_text(bom, dependency, "ref", ref);
    if (json_object_object_length(uses) > 0) {
        struct json_object *on = cbom_new_array(bom, dependency, "dependsOn");
        json_object_object_foreach(uses, used, value)
        {
            (void)value;
            cbom_append(bom, on, json_object_new_string(used));
        }
    }
    return dependency;
}

static struct json_object *dependencies_of(struct cbom *bom)
{
    struct json_object *array = json_object_new_array();
    json_object_object_foreach(bom->dependencies, ref, uses)
    {
        cbom_append(bom, array, dependency_of(bom, ref, uses));
    }
    return array;
}

/* A UUID of version 8 (RFC 9562 section 5.8): the first bits of the SHA-256 of the content. */
static void set_serial_number(struct cbom *bom, struct json_object *document,
                              struct json_object *body)
{
    enum { VERSION = 6, VARIANT = 8, UUID_LEN = 16 };
    uint8_t digest[HT_DIGEST_MAX];
    const char *content = json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN);
    if (content == NULL || ht_digest(NULL, HT_SHA256, digest, ht_text(content)) == 0) {
        bom->failed = true;
        return;
    }
    digest[VERSION] = (uint8_t)((digest[VERSION] & 0x0F) | 0x80);
    digest[VARIANT] = (uint8_t)((digest[VARIANT] & 0x3F) | 0x80);
    char hex[2 * UUID_LEN], text[64];
    (void)ht_put_hex(hex, ht_bytes(digest, UUID_LEN));
    (void)snprintf(text, sizeof text, "urn:uuid:%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
                   hex + 16, hex + 20);
    cbom_set_text(bom, document, "serialNumber", text);
}

static void set_head(struct cbom *bom, struct json_object *document, struct json_object *body)
{
    cbom_set_text(bom, document, "$schema", "http://cyclonedx.org/schema/bom-1.7.schema.json");
    cbom_set_text(bom, document, "bomFormat", "CycloneDX");
    cbom_set_text(bom, document, "specVersion", "1.7");
    set_serial_number(bom, document, body);
    cbom_set(bom, document, "version", json_object_new_int(1));
    json_object_object_foreach(body, key, value)
    {
        cbom_set(bom, document, key, json_object_get(value));
    }
}

static void put_document(struct cbom *bom, struct json_object *document, struct ht_chars *out)
{
    const char *text = json_object_to_json_string_ext(document, JSON_C_TO_STRING_PRETTY |
                                                                    JSON_C_TO_STRING_NOSLASHESCAPE);
    bom->failed |= text == NULL;
    if (!bom->failed) {
        ht_chars_add_text(out, text);
        ht_chars_add_char(out, '\n');
    }
}

static void write_document(struct cbom *bom, const char *version, struct ht_chars *out)
{
    struct json_object *document = json_object_new_object(), *body = json_object_new_object();
    if (document == NULL || body == NULL) {
        bom->failed = true;
    }
    if (!bom->failed) {
        cbom_set(bom, body, "metadata", metadata_of(bom, version));
        cbom_set(bom, body, "components", values_of(bom, bom->components));
        cbom_set(bom, body, "services", values_of(bom, bom->services));
        cbom_set(bom, body, "dependencies", dependencies_of(bom));
        set_head(bom, document, body);
        put_document(bom, document, out);
    }
    json_object_put(body);
    json_object_put(document);
}

bool ht_cbom_write(const struct ht_summary_data *data, const char *version, struct ht_chars *out)
{
    struct cbom bom = {.data         = data,
                       .components   = json_object_new_object(),
                       .services     = json_object_new_object(),
                       .dependencies = json_object_new_object()};
    bom.failed      = bom.components == NULL || bom.services == NULL || bom.dependencies == NULL;
    if (!bom.failed) {
        add_all(&bom);
    }
    if (!bom.failed) {
        write_document(&bom, version, out);
    }
    json_object_put(bom.components);
    json_object_put(bom.services);
    json_object_put(bom.dependencies);
    ht_arena_clear(&bom.arena);
    return !bom.failed && !out->failed;
}
