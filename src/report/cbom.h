/*
 * The cryptographic bill of materials of what was seen, in the form of CycloneDX 1.7 (ECMA-424).
 *
 * Servers are services, client stacks components of type "application"; protocols, algorithms,
 * certificates and public keys are components of type "cryptographic-asset", with the connections
 * that show them as evidence. `dependencies` says which uses which. The same capture gives the same
 * document: its time is that of the last connection, its serial number is made of its content.
 */
#ifndef HT_REPORT_CBOM_H
#define HT_REPORT_CBOM_H

#include "report/summary.h"
#include "sink/chars.h"

/* ht_cbom_write adds the document, and a line end, to `out`. `version` is the program's. False: no
 * memory, and `out` is not to be used. */
bool ht_cbom_write(const struct ht_summary_data *data, const char *version, struct ht_chars *out);

#endif
