/*
 * What JA3 and JA3S share.
 */
#ifndef HT_ANALYSIS_FINGERPRINT_JA3_H
#define HT_ANALYSIS_FINGERPRINT_JA3_H

#include "crypto/digest.h"
#include "text.h"
#include "tls/tls.h"

enum { JA3_NUMBER_MAX = 6 /* characters: five digits and what separates them from the next */ };

/* ja3_list writes the values of a packed list of 16-bit values but GREASE, joined by "-". */
void ja3_list(struct text *text, struct ht_bytes list);

/* ja3_finish hashes the text; NULL where it did not fit. */
const struct tls_ja3 *ja3_finish(struct ht_digester *digester, struct ht_arena *arena,
                                 const struct text *text);

#endif
