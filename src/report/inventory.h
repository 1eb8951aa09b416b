/*
 * The inventory: every server and every client stack that was seen, with what they spoke. As a
 * record for programs, as CSV for spreadsheets, as text for people.
 */
#ifndef HT_REPORT_INVENTORY_H
#define HT_REPORT_INVENTORY_H

#include "report/summary.h"
#include "sink/sink.h"

struct ht_inventory {
    int64_t first_seen_ns, last_seen_ns;              /* of all connections */
    uint64_t left_out;                                /* connections for which there was no room */
    struct ht_objects servers, clients, certificates; /* as struct ht_summary_data */
};

/* {"type":"inventory", …}: data is a struct ht_inventory. */
extern const struct ht_record_type ht_inventory_record_type;

/* ht_inventory_record fills in the record; its lists are the summary's. */
void ht_inventory_record(const struct ht_summary_data *data, struct ht_inventory *out);

/* ht_inventory_csv adds the inventory as CSV (RFC 4180, UTF-8): a line of names, then one line a
 * server and one a client stack. Items of a list are separated by "; ". A cell that a spreadsheet
 * would take for a formula, for it begins with one of = + - @, begins with an apostrophe; what is
 * not printable is shown as \xNN or \u{NNNN}. False: no memory. */
bool ht_inventory_csv(const struct ht_summary_data *data, struct ht_chars *out);

/* ht_inventory_text adds the inventory for people, folded to `config->width` (0: not). False: no
 * memory. */
bool ht_inventory_text(const struct ht_summary_data *data, struct ht_chars *out,
                       const struct ht_sink_config *config);

/* ht_inventory_certificate is the certificate with that SHA-256 (in hexadecimal, as a server's list
 * has it); NULL: it is not in the summary. */
const struct ht_certificate_summary *ht_inventory_certificate(const struct ht_summary_data *data,
                                                              struct ht_bytes sha256_hex);

#endif
