/*
 * Cryptographic assets: algorithms, keys, certificates.
 */
#include "report/cbom_build.h"

#include <json-c/json.h>
#include <stdio.h>

/* What makes an asset one: its `cryptoProperties`, with the properties of its type in them. */
static struct json_object *new_properties(struct cbom *bom, struct json_object *component,
                                          const char *asset_type, const char *key)
{
    struct json_object *crypto = cbom_new_object(bom, component, "cryptoProperties");
    cbom_set_text(bom, crypto, "assetType", asset_type);
    return cbom_new_object(bom, crypto, key);
}

static void set_number(struct cbom *bom, struct json_object *object, const char *key,
                       uint64_t value)
{
    cbom_set(bom, object, key, json_object_new_int64((int64_t)value));
}

/* An array of the words of a list. */
static void set_words(struct cbom *bom, struct json_object *object, const char *key,
                      const char *words)
{
    struct json_object *array = words[0] != '\0' ? cbom_new_array(bom, object, key) : NULL;
    while (*words != '\0') {
        size_t len = strcspn(words, " ");
        cbom_append(bom, array, json_object_new_string_len(words, (int)len));
        words += len + (words[len] == ' ');
    }
}

static void set_algorithm(struct cbom *bom, struct json_object *component,
                          const struct ht_cbom_algorithm *algorithm)
{
    struct json_object *properties =
        new_properties(bom, component, "algorithm", "algorithmProperties");
    char bits[16];
    (void)snprintf(bits, sizeof bits, "%u", algorithm->bits);
    cbom_set_text(bom, properties, "primitive", algorithm->primitive);
    cbom_set_text(bom, properties, "algorithmFamily", algorithm->family);
    cbom_set_text(bom, properties, "parameterSetIdentifier",
                  algorithm->bits != 0 ? bits : algorithm->parameters);
    cbom_set_text(bom, properties, "ellipticCurve", algorithm->curve);
    cbom_set_text(bom, properties, "mode", algorithm->mode);
    cbom_set_text(bom, properties, "padding", algorithm->padding);
    set_words(bom, properties, "cryptoFunctions", algorithm->functions);
    if (algorithm->classical != 0) {
        set_number(bom, properties, "classicalSecurityLevel", algorithm->classical);
    }
    if (algorithm->category != 0) {
        set_number(bom, properties, "nistQuantumSecurityLevel", algorithm->category - 1);
    }
}

const char *cbom_add_algorithm(struct cbom *bom, const struct ht_cbom_algorithm *algorithm,
                               const struct cbom_evidence *evidence)
{
    bool is_new;
    const char *ref = cbom_join(bom, "algorithm", algorithm->name);
    struct json_object *component =
        cbom_component(bom, ref, "cryptographic-asset", algorithm->name, &is_new);
    if (component != NULL && is_new) {
        set_algorithm(bom, component, algorithm);
    }
    cbom_occurrences(bom, component, evidence);
    for (size_t i = 0; i < HT_ARRAY_LEN(algorithm->parts); i++) {
        struct ht_cbom_algorithm part;
        if (algorithm->parts[i] != NULL && ht_cbom_group(algorithm->parts[i], &part)) {
            part.parts[0] = part.parts[1] = NULL; /* a part has none, and this ends here */
            cbom_depend(bom, ref, cbom_add_algorithm(bom, &part, evidence));
        }
    }
    return ref;
}

const char *cbom_add_group(struct cbom *bom, const char *name, const struct cbom_evidence *evidence)
{
    struct ht_cbom_algorithm algorithm;
    (void)ht_cbom_group(name, &algorithm);
    return cbom_add_algorithm(bom, &algorithm, evidence);
}

const char *cbom_add_signature(struct cbom *bom, const char *name,
                               const struct cbom_evidence *evidence)
{
    struct ht_cbom_algorithm algorithm;
    (void)ht_cbom_signature(name, &algorithm);
    return cbom_add_algorithm(bom, &algorithm, evidence);
}

/* SHA-256, given in hexadecimal. */
static void set_fingerprint(struct cbom *bom, struct json_object *object, const char *sha256)
{
    struct json_object *fingerprint = cbom_new_object(bom, object, "fingerprint");
    cbom_set_text(bom, fingerprint, "alg", "SHA-256");
    cbom_set_text(bom, fingerprint, "content", sha256);
}

static void relate(struct cbom *bom, struct json_object *properties, const char *type,
                   const char *ref)
{
    static const char key[] = "relatedCryptographicAssets";
    struct json_object *related, *asset = json_object_new_object();
    if (!json_object_object_get_ex(properties, key, &related)) {
        related = cbom_new_array(bom, properties, key);
    }
    cbom_append(bom, related, asset);
    if (!bom->failed) {
        cbom_set_text(bom, asset, "type", type);
        cbom_set_text(bom, asset, "ref", ref);
    }
}

/* The same key in two certificates is one. */
static const char *add_key(struct cbom *bom, const struct ht_certificate_summary *certificate)
{
    bool is_new;
    struct ht_cbom_algorithm algorithm;
    const char *sha256                  = cbom_hex(bom, certificate->spki_sha256);
    const char *type                    = cbom_text(bom, certificate->key_type);
    const char *ref                     = cbom_join(bom, "key", sha256);
    const struct cbom_evidence evidence = {.examples = &certificate->examples};
    (void)ht_cbom_key(type, (unsigned)certificate->key_bits, cbom_text(bom, certificate->key_curve),
                      &algorithm);
    struct json_object *component =
        cbom_component(bom, ref, "cryptographic-asset", algorithm.name, &is_new);
    if (component == NULL || !is_new) {
        cbom_occurrences(bom, component, &evidence);
        return ref;
    }
    struct json_object *properties = new_properties(bom, component, "related-crypto-material",
                                                    "relatedCryptoMaterialProperties");
    const char *algorithm_ref      = cbom_add_algorithm(bom, &algorithm, &evidence);
    cbom_set_text(bom, properties, "type", "public-key");
    cbom_set_text(bom, properties, "id", sha256);
    if (certificate->key_bits != 0) {
        set_number(bom, properties, "size", certificate->key_bits);
    }
    set_fingerprint(bom, properties, sha256);
    relate(bom, properties, "algorithm", algorithm_ref);
    cbom_depend(bom, ref, algorithm_ref);
    cbom_occurrences(bom, component, &evidence);
    return ref;
}

static void set_names(struct cbom *bom, struct json_object *properties,
                      const struct ht_certificate_summary *certificate)
{
    if (certificate->names.len == 0) {
        return;
    }
    struct json_object *extensions = cbom_new_array(bom, properties, "certificateExtensions");
    struct json_object *extension  = json_object_new_object();
    cbom_append(bom, extensions, extension);
    if (!bom->failed) {
        cbom_set_text(bom, extension, "commonExtensionName", "subjectAlternativeName");
        cbom_set_text(bom, extension, "commonExtensionValue", cbom_text(bom, certificate->names));
    }
}

static void set_certificate(struct cbom *bom, struct json_object *properties, const char *sha256,
                            const struct ht_certificate_summary *certificate)
{
    cbom_set_text(bom, properties, "serialNumber", cbom_hex(bom, certificate->serial));
    cbom_set_text(bom, properties, "subjectName", cbom_text(bom, certificate->subject));
    cbom_set_text(bom, properties, "issuerName", cbom_text(bom, certificate->issuer));
    cbom_set_text(bom, properties, "notValidBefore", cbom_text(bom, certificate->not_before));
    cbom_set_text(bom, properties, "notValidAfter", cbom_text(bom, certificate->not_after));
    cbom_set_text(bom, properties, "certificateFormat", "X.509");
    set_fingerprint(bom, properties, sha256);
    set_names(bom, properties, certificate);
}

const char *cbom_add_certificate(struct cbom *bom, const struct ht_certificate_summary *certificate)
{
    bool is_new;
    const char *sha256            = cbom_hex(bom, certificate->sha256);
    const char *subject           = cbom_text(bom, certificate->subject);
    const char *ref               = cbom_join(bom, "certificate", sha256);
    struct json_object *component = cbom_component(bom, ref, "cryptographic-asset",
                                                   subject[0] != '\0' ? subject : sha256, &is_new);
    if (component == NULL || !is_new) {
        return ref;
    }
    const struct cbom_evidence evidence = {.examples = &certificate->examples};
    struct json_object *properties =
        new_properties(bom, component, "certificate", "certificateProperties");
    set_certificate(bom, properties, sha256, certificate);
    if (certificate->signature_algorithm.len > 0) {
        const char *algorithm =
            cbom_add_signature(bom, cbom_text(bom, certificate->signature_algorithm), &evidence);
        relate(bom, properties, "algorithm", algorithm);
        cbom_depend(bom, ref, algorithm);
    }
    if (certificate->spki_sha256.len > 0) {
        const char *key = add_key(bom, certificate);
        relate(bom, properties, "publicKey", key);
        cbom_depend(bom, ref, key);
    }
    cbom_occurrences(bom, component, &evidence);
    return ref;
}
