#include "report/inventory.h"

#include "base/digits.h"

static const struct ht_field inventory_fields[] = {
    HT_FIELD(struct ht_inventory, first_seen_ns, HT_TIME, "When the first connection began.",
             .name = "first_seen"),
    HT_FIELD(struct ht_inventory, last_seen_ns, HT_TIME, "When the last one ended.",
             .name = "last_seen"),
    HT_FIELD(struct ht_inventory, left_out, HT_UINT,
             "Connections that are not in the lists, for lack of room.", .label = "left out"),
    HT_FIELD(struct ht_inventory, servers, HT_LIST_OBJECT,
             "Servers, by address, port, transport and name.", .of = &ht_server_summary_struct,
             .flags = HT_ALWAYS),
    HT_FIELD(struct ht_inventory, clients, HT_LIST_OBJECT, "Client stacks, by JA4.",
             .of = &ht_client_summary_struct, .flags = HT_ALWAYS),
    HT_FIELD(struct ht_inventory, certificates, HT_LIST_OBJECT,
             "The certificates that were sent, by SHA-256.", .of = &ht_certificate_summary_struct,
             .flags = HT_ALWAYS),
};

static const struct ht_struct inventory_struct =
    HT_STRUCT(struct ht_inventory, "inventory", inventory_fields,
              "With --inventory: every server and client stack that was seen, one at the end.");

const struct ht_record_type ht_inventory_record_type = {.name = "inventory",
                                                        .data = &inventory_struct};

void ht_inventory_record(const struct ht_summary_data *data, struct ht_inventory *out)
{
    *out = (struct ht_inventory){
        .servers = data->servers, .clients = data->clients, .certificates = data->certificates};
    if (data->coverage != NULL) {
        out->first_seen_ns = data->coverage->first_seen_ns;
        out->last_seen_ns  = data->coverage->last_seen_ns;
        out->left_out      = data->coverage->left_out;
    }
}

enum { SHA256_LEN = 32, SHA256_DIGITS = 2 * SHA256_LEN };

const struct ht_certificate_summary *ht_inventory_certificate(const struct ht_summary_data *data,
                                                              struct ht_bytes sha256_hex)
{
    const struct ht_certificate_summary *certificates = data->certificates.items;
    size_t low = 0, high = data->certificates.len;
    while (low < high && sha256_hex.len == SHA256_DIGITS) {
        size_t middle = low + (high - low) / 2;
        char digits[SHA256_DIGITS];
        (void)ht_put_hex(digits, ht_bytes_head(certificates[middle].sha256, SHA256_LEN));
        int order = memcmp(digits, sha256_hex.ptr, SHA256_DIGITS);
        if (order == 0) {
            return &certificates[middle];
        }
        low  = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return NULL;
}
