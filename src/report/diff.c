#include "report/diff.h"

#include "report/diff_input.h"

#include <stdlib.h>

struct ht_diff_result {
    struct ht_arena arena;
    struct diff_inventory old_inventory, new_inventory;
    struct ht_diff record;
    bool failed; /* no memory */
};

static const struct ht_field certificate_fields[] = {
    HT_FIELD(struct ht_diff_certificate, sha256, HT_TEXT, "SHA-256 of the DER, in hexadecimal."),
    HT_FIELD(struct ht_diff_certificate, subject, HT_TEXT, "The subject, in the form of RFC 4514."),
    HT_FIELD(struct ht_diff_certificate, issuer, HT_TEXT, "The issuer, in the form of RFC 4514."),
    HT_FIELD(struct ht_diff_certificate, not_after, HT_TEXT, "The end of its validity."),
};
static const struct ht_struct certificate_struct =
    HT_STRUCT(struct ht_diff_certificate, "diff_certificate", certificate_fields,
              "A certificate that came or went.");

#define ITEMS(member, doc) HT_FIELD(struct ht_diff_items, member, HT_LIST_TEXT, doc)
static const struct ht_field items_fields[] = {
    ITEMS(protocols, "Protocols."),
    ITEMS(versions, "Versions."),
    ITEMS(cipher_suites, "Cipher suites."),
    ITEMS(groups, "Groups of the key exchange."),
    ITEMS(signature_schemes, "Signature schemes."),
    ITEMS(alpn, "Application protocols."),
    ITEMS(offered_versions, "Versions that a client offers."),
    ITEMS(offered_groups, "Groups that a client offers."),
    HT_FIELD(struct ht_diff_items, certificates, HT_LIST_OBJECT, "Certificates of a server.",
             .of = &certificate_struct),
};
static const struct ht_struct items_struct =
    HT_STRUCT(struct ht_diff_items, "diff_items", items_fields, "What was negotiated.");

static const struct ht_field weakest_fields[] = {
    HT_FIELD(struct ht_diff_weakest, old_version, HT_TEXT, "The oldest version before."),
    HT_FIELD(struct ht_diff_weakest, new_version, HT_TEXT, "The oldest version now."),
    HT_FIELD(struct ht_diff_weakest, change, HT_LABEL, "weaker or stronger."),
};
static const struct ht_struct weakest_struct =
    HT_STRUCT(struct ht_diff_weakest, "diff_weakest", weakest_fields,
              "That the oldest version in use is another one.");

#define ENTRY(member, kind, doc, ...) HT_FIELD(struct ht_diff_entry, member, kind, doc, __VA_ARGS__)
static const struct ht_field entry_fields[] = {
    ENTRY(change, HT_LABEL, "new, gone or changed."),
    ENTRY(ip, HT_TEXT, "The server's address."),
    ENTRY(port, HT_UINT, "The server's port."),
    ENTRY(transport, HT_TEXT, "tcp or udp."),
    ENTRY(name, HT_TEXT, "The name that the server was asked for."),
    ENTRY(ja4, HT_TEXT, "The client stack's JA4."),
    ENTRY(weakest_version, HT_OBJECT, "Where the oldest version is another one.",
          .of = &weakest_struct),
    ENTRY(added, HT_OBJECT, "What was not there before.", .of = &items_struct),
    ENTRY(removed, HT_OBJECT, "What is no more.", .of = &items_struct),
};
static const struct ht_struct entry_struct =
    HT_STRUCT(struct ht_diff_entry, "diff_entry", entry_fields,
              "A server or client stack that is new, gone or changed.");

#define ROW(member, kind, doc, ...) HT_FIELD(struct ht_diff, member, kind, doc, __VA_ARGS__)
static const struct ht_field diff_fields[] = {
    ROW(old_file, HT_TEXT, "The older inventory."),
    ROW(new_file, HT_TEXT, "The newer inventory."),
    ROW(changed, HT_BOOL, "Anything changed.", .flags = HT_ALWAYS),
    ROW(old_servers, HT_UINT, "Servers in the older inventory.", .flags = HT_ALWAYS),
    ROW(new_servers, HT_UINT, "Servers in the newer inventory.", .flags = HT_ALWAYS),
    ROW(old_clients, HT_UINT, "Client stacks in the older inventory.", .flags = HT_ALWAYS),
    ROW(new_clients, HT_UINT, "Client stacks in the newer inventory.", .flags = HT_ALWAYS),
    ROW(servers, HT_LIST_OBJECT, "Servers that are new, gone or changed.", .of = &entry_struct,
        .flags = HT_ALWAYS),
    ROW(clients, HT_LIST_OBJECT, "Client stacks that are new, gone or changed.",
        .of = &entry_struct, .flags = HT_ALWAYS),
};
static const struct ht_struct diff_struct =
    HT_STRUCT(struct ht_diff, "inventory_diff", diff_fields,
              "What hellotap diff writes: what changed between two inventories.");
const struct ht_record_type ht_diff_record_type = {.name = "inventory_diff", .data = &diff_struct};

static void *allocate(struct ht_diff_result *result, size_t len)
{
    void *made = ht_arena_alloc(&result->arena, len);
    result->failed |= made == NULL;
    return made;
}

/* What is in `list` and not in `other`; both are in order. */
static struct ht_texts missing(struct ht_diff_result *result, const struct ht_texts *list,
                               const struct ht_texts *other)
{
    struct ht_bytes *found = allocate(result, (list->len + 1) * sizeof *found);
    size_t num = 0, at = 0;
    for (size_t i = 0; i < list->len && found != NULL; i++) {
        while (at < other->len && diff_text_order(&other->items[at], &list->items[i]) < 0) {
            at++;
        }
        bool there    = at < other->len && ht_bytes_equal(other->items[at], list->items[i]);
        bool repeated = num > 0 && ht_bytes_equal(found[num - 1], list->items[i]);
        if (!there && !repeated) {
            found[num++] = list->items[i];
        }
    }
    return (struct ht_texts){.items = found, .len = num};
}

static struct ht_objects describe(struct ht_diff_result *result,
                                  const struct diff_inventory *inventory,
                                  const struct ht_texts *digests)
{
    struct ht_diff_certificate *out = allocate(result, (digests->len + 1) * sizeof *out);
    for (size_t i = 0; i < digests->len && out != NULL; i++) {
        out[i] = diff_inventory_certificate(inventory, digests->items[i]);
    }
    return (struct ht_objects){.items = out, .len = out != NULL ? digests->len : 0};
}

enum { TLS_13_RANK = 6 };

/* From the weakest on; 0: not known. */
static unsigned rank_of(struct ht_bytes version)
{
    static const struct {
        const char *name;
        unsigned rank;
    } ranks[] = {{"SSL 2.0", 1},  {"SSL 3.0", 2},           {"TLS 1.0", 3},
                 {"DTLS 1.0", 3}, {"TLS 1.1", 4},           {"TLS 1.2", 5},
                 {"DTLS 1.2", 5}, {"TLS 1.3", TLS_13_RANK}, {"DTLS 1.3", TLS_13_RANK}};
    for (size_t i = 0; i < HT_ARRAY_LEN(ranks); i++) {
        if (ht_bytes_equal(version, ht_text(ranks[i].name))) {
            return ranks[i].rank;
        }
    }
    return 0;
}

/* Only TLS 1.3 was spoken, and so nothing is in the list that it encrypts. */
static bool hides(const struct diff_entry *entry, size_t list)
{
    const struct ht_texts *versions = &entry->lists[DIFF_VERSIONS];
    bool encrypted                  = list == DIFF_CERTIFICATES || list == DIFF_SIGNATURE_SCHEMES;
    for (size_t i = 0; i < versions->len; i++) {
        encrypted &= rank_of(versions->items[i]) == TLS_13_RANK;
    }
    return encrypted && versions->len > 0 && entry->lists[list].len == 0;
}

/* What `entry`, of `inventory`, has and `other`, as far as can be told, has not; NULL: nothing. */
static const struct ht_diff_items *surplus(struct ht_diff_result *result,
                                           const struct diff_inventory *inventory,
                                           const struct diff_entry *entry,
                                           const struct diff_entry *other)
{
    struct ht_diff_items items = {0};
    size_t num                 = 0;
    for (size_t i = 0; i < DIFF_NUM_LISTS; i++) {
        if (hides(other, i)) {
            continue;
        }
        struct ht_texts texts = missing(result, &entry->lists[i], &other->lists[i]);
        num += texts.len;
        if (i == DIFF_CERTIFICATES) {
            items.certificates = describe(result, inventory, &texts);
        } else {
            memcpy((char *)&items + diff_lists[i].offset, &texts, sizeof texts);
        }
    }
    struct ht_diff_items *kept = num > 0 ? allocate(result, sizeof *kept) : NULL;
    if (kept != NULL) {
        *kept = items;
    }
    return kept;
}

static struct ht_bytes weakest(const struct diff_entry *entry, unsigned *rank)
{
    const struct ht_texts *versions = &entry->lists[DIFF_VERSIONS];
    struct ht_bytes found           = {0};
    *rank                           = 0;
    for (size_t i = 0; i < versions->len; i++) {
        unsigned each = rank_of(versions->items[i]);
        if (each != 0 && (*rank == 0 || each < *rank)) {
            *rank = each;
            found = versions->items[i];
        }
    }
    return found;
}

static const struct ht_diff_weakest *compare_weakest(struct ht_diff_result *result,
                                                     const struct diff_entry *older,
                                                     const struct diff_entry *newer)
{
    unsigned before, after;
    struct ht_bytes old_version = weakest(older, &before), new_version = weakest(newer, &after);
    if (before == after || before == 0 || after == 0) {
        return NULL;
    }
    struct ht_diff_weakest *out = allocate(result, sizeof *out);
    if (out != NULL) {
        *out = (struct ht_diff_weakest){.old_version = old_version,
                                        .new_version = new_version,
                                        .change      = after < before ? "weaker" : "stronger"};
    }
    return out;
}

/* Fills in the rest of `out`, which says who it is; false where nothing changed. */
static bool compare_entry(struct ht_diff_result *result, const struct diff_entry *older,
                          const struct diff_entry *newer, struct ht_diff_entry *out)
{
    out->added           = surplus(result, &result->new_inventory, newer, older);
    out->removed         = surplus(result, &result->old_inventory, older, newer);
    out->weakest_version = compare_weakest(result, older, newer);
    return strcmp(out->change, "changed") != 0 || out->added != NULL || out->removed != NULL;
}

static struct ht_diff_entry identity_of(const struct diff_entry *entry, const char *change)
{
    return (struct ht_diff_entry){.change    = change,
                                  .ip        = entry->ip,
                                  .port      = entry->port,
                                  .transport = entry->transport,
                                  .name      = entry->name,
                                  .ja4       = entry->ja4};
}

static struct ht_objects compare_entries(struct ht_diff_result *result,
                                         const struct diff_entries *older,
                                         const struct diff_entries *newer)
{
    static const struct diff_entry nothing;
    struct ht_diff_entry *out  = allocate(result, (older->len + newer->len + 1) * sizeof *out);
    const struct diff_entry *a = older->items, *b = newer->items;
    const struct diff_entry *old_end = a + older->len, *new_end = b + newer->len;
    size_t num = 0;
    while (out != NULL && (a < old_end || b < new_end)) {
        int order = a == old_end ? 1 : b == new_end ? -1 : diff_entry_order(a, b);
        out[num]  = order < 0   ? identity_of(a, "gone")
                    : order > 0 ? identity_of(b, "new")
                                : identity_of(b, "changed");
        num +=
            compare_entry(result, order <= 0 ? a : &nothing, order >= 0 ? b : &nothing, &out[num]);
        a += order <= 0;
        b += order >= 0;
    }
    return (struct ht_objects){.items = out, .len = num};
}

static void compare(struct ht_diff_result *result)
{
    const struct diff_inventory *a = &result->old_inventory, *b = &result->new_inventory;
    struct ht_diff *record = &result->record;
    record->old_servers    = a->servers.len;
    record->new_servers    = b->servers.len;
    record->old_clients    = a->clients.len;
    record->new_clients    = b->clients.len;
    record->servers        = compare_entries(result, &a->servers, &b->servers);
    record->clients        = compare_entries(result, &a->clients, &b->clients);
    record->changed        = record->servers.len + record->clients.len > 0;
}

struct ht_diff_result *ht_diff_new(const struct ht_diff_input *old_input,
                                   const struct ht_diff_input *new_input, struct ht_error *error)
{
    struct ht_diff_result *result = calloc(1, sizeof *result);
    if (result == NULL) {
        (void)ht_fail(error, "out of memory");
        return NULL;
    }
    result->record.old_file = ht_text(old_input->name);
    result->record.new_file = ht_text(new_input->name);
    if (!diff_inventory_read(&result->old_inventory, old_input, &result->arena, error) ||
        !diff_inventory_read(&result->new_inventory, new_input, &result->arena, error)) {
        ht_diff_free(result);
        return NULL;
    }
    compare(result);
    if (result->failed) {
        (void)ht_fail(error, "out of memory");
        ht_diff_free(result);
        return NULL;
    }
    return result;
}

void ht_diff_free(struct ht_diff_result *result)
{
    if (result != NULL) {
        diff_inventory_free(&result->old_inventory);
        diff_inventory_free(&result->new_inventory);
        ht_arena_clear(&result->arena);
        free(result);
    }
}

const struct ht_diff *ht_diff_record(const struct ht_diff_result *result)
{
    return &result->record;
}
