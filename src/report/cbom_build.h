/* A bill of materials in the making. Not for use outside this folder. */
#ifndef HT_REPORT_CBOM_BUILD_H
#define HT_REPORT_CBOM_BUILD_H

#include "report/cbom_algorithms.h"
#include "report/summary.h"

struct json_object;

/* Components and dependencies are objects by bom-ref while it is made, so that each is there once;
 * members keep the order in which they were added. */
struct cbom {
    const struct ht_summary_data *data;
    struct json_object *components, *services, *dependencies;
    struct ht_arena arena; /* of texts */
    bool failed;           /* no memory; the rest of the work is in vain, but does no harm */
};

/* What is known of connections that show an asset. */
struct cbom_evidence {
    const struct ht_objects *examples; /* of struct ht_example: connections */
    const struct ht_tally *tally;      /* what the asset was seen as; NULL: all examples show it */
    uint64_t connections;              /* that the tally counts some of */
    const char *where;                 /* the server or client, where no example is known to */
};

/* cbom_text is `text`, printable, as a C string that lives as long as the bill. */
const char *cbom_text(struct cbom *bom, struct ht_bytes text);

/* cbom_hex likewise, of bytes. */
const char *cbom_hex(struct cbom *bom, struct ht_bytes bytes);

/* cbom_join is the bom-ref `kind`/`name`. */
const char *cbom_join(struct cbom *bom, const char *kind, const char *name);

/* cbom_set gives `object` a member, which it owns then; NULL counts as a failure. */
void cbom_set(struct cbom *bom, struct json_object *object, const char *key,
              struct json_object *value);

/* cbom_set_text likewise; absent where the text is empty. */
void cbom_set_text(struct cbom *bom, struct json_object *object, const char *key, const char *text);

/* cbom_append adds an item to an array, which owns it then. */
void cbom_append(struct cbom *bom, struct json_object *array, struct json_object *item);

/* cbom_new_object is a member of `object` that is an object, and empty; never NULL: where there is
 * no memory it is `object` itself. cbom_new_array, of an array: where there is no memory, NULL, to
 * which cbom_append adds nothing. */
struct json_object *cbom_new_object(struct cbom *bom, struct json_object *object, const char *key);
struct json_object *cbom_new_array(struct cbom *bom, struct json_object *object, const char *key);

/* cbom_depend says that what `ref` names uses what `on` names. An empty `on` says that it may use
 * nothing. */
void cbom_depend(struct cbom *bom, const char *ref, const char *on);

/* cbom_component is the component of that bom-ref, made if there is none, when `*is_new` is set;
 * NULL: no memory. */
struct json_object *cbom_component(struct cbom *bom, const char *ref, const char *type,
                                   const char *name, bool *is_new);

/* cbom_occurrences adds connections to the evidence for a component (NULL: does nothing): those
 * examples that are known to show it, and where there is none, whom it was seen of and when. There
 * are no more than a few. */
void cbom_occurrences(struct cbom *bom, struct json_object *component,
                      const struct cbom_evidence *evidence);

/* cbom_property adds a property "hellotap:name" to a component or service; none where the value is
 * empty. */
void cbom_property(struct cbom *bom, struct json_object *object, const char *name,
                   const char *value);

/* Each of these adds a component, if it is not there yet, and what it depends on; and returns its
 * bom-ref. */
const char *cbom_add_algorithm(struct cbom *bom, const struct ht_cbom_algorithm *algorithm,
                               const struct cbom_evidence *evidence);
const char *cbom_add_group(struct cbom *bom, const char *name,
                           const struct cbom_evidence *evidence);
const char *cbom_add_signature(struct cbom *bom, const char *name,
                               const struct cbom_evidence *evidence);
const char *cbom_add_certificate(struct cbom *bom,
                                 const struct ht_certificate_summary *certificate);

/* cbom_add_protocols adds the protocols that a server was seen to speak, of which it is said that
 * they are used by the server `ref`. Of the evidence the tally is not looked at. */
void cbom_add_protocols(struct cbom *bom, const char *ref, const struct ht_server_summary *server,
                        struct cbom_evidence evidence);

#endif
