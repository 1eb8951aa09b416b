/*
 * Tells a real Encrypted ClientHello (RFC 9849) from GREASE, by the ECHConfigs that DNS answers
 * brought (HTTPS and SVCB records). Nothing in the hello itself tells them apart. The verdict:
 *
 *   config_match   an ECHConfig was seen whose public name is the hello's server name, with the
 *                  hello's config id and algorithms: the server name is a cover
 *   grease_likely  no such ECHConfig was seen, and the client was given the server's address under
 *                  the very name in the hello, which a client that hides it does not ask for
 *   unknown        neither: the look-ups were not captured, or are encrypted themselves
 *
 * What the session's keys said, in the dissector, is not judged again.
 */
#ifndef HT_ANALYSIS_ECH_ECH_H
#define HT_ANALYSIS_ECH_ECH_H

#include "analysis/analyzer.h"

enum {
    HT_ECH_MAX_LIST = 4096, /* bytes of an ECHConfigList; longer ones are not learned */
    HT_ECH_SETS     = 1024, /* of ECHConfigs, with HT_MEMO_WAYS each: about 1 MB at most */
};

extern const struct ht_analyzer ht_ech_analyzer;

#endif
