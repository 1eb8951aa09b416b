#include "analysis/revocation/parts.h"

int64_t revocation_time(const struct asn1_string_st *time)
{
    int64_t out = 0;
    (void)ht_chain_time(time, &out);
    return out;
}

const char *revocation_reason(long number)
{
    static const char *const names[] = {
        "unspecified",   "keyCompromise",        "cACompromise",    "affiliationChanged",
        "superseded",    "cessationOfOperation", "certificateHold", NULL,
        "removeFromCRL", "privilegeWithdrawn",   "aACompromise",
    };
    return number >= 0 && (size_t)number < HT_ARRAY_LEN(names) ? names[number] : NULL;
}

void revocation_weigh(struct tls_revocation *word)
{
    bool was_in_time = word->fault != NULL && strcmp(word->fault, "expired") == 0;
    bool revoked     = word->status != NULL && strcmp(word->status, "revoked") == 0;
    if (word->fault != NULL && !(revoked && was_in_time)) {
        word->status     = "not_judged";
        word->revoked_ns = 0;
        word->reason     = NULL;
    }
}
