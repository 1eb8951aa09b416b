/* Rules about records that nobody may send; where both sides speak TLS, since others send what
 * looks like them. */
#include "analysis/audit/case.h"

#include <inttypes.h>

static bool oversize(const struct audit_case *c, struct ht_proof *out)
{
    const struct tls_odd_records *odd = c->tls->odd_records;
    return odd != NULL && odd->oversize > 0 &&
           ht_proof_say(out, odd->oversize_frame, 0,
                        "a record of the %s has %" PRIu32 " bytes, where %" PRIu32
                        " are allowed; such records: %" PRIu64,
                        odd->oversize_from, odd->oversize_length, odd->oversize_limit,
                        odd->oversize);
}

static bool empty(const struct audit_case *c, struct ht_proof *out)
{
    enum { MANY = 32 };
    const struct tls_odd_records *odd = c->tls->odd_records;
    if (odd != NULL && odd->empty > 0) {
        return ht_proof_say(out, odd->empty_frame, 0,
                            "a record of the %s that must have content has none; such records: "
                            "%" PRIu64,
                            odd->empty_from, odd->empty);
    }
    return odd != NULL && odd->longest_run >= MANY &&
           ht_proof_say(out, odd->run_frame, 0,
                        "%" PRIu64 " records of application data without content, one after "
                        "another, of the %s",
                        odd->longest_run, odd->run_from);
}

static const struct audit_rule rules[] = {
    {{"oversize-record",
      "medium",
      "violation",
      "A record is longer than allowed",
      "Repair or replace the peer that sent it.",
      NULL,
      {"RFC 9846 section 5.1", "RFC 9846 section 5.2", "RFC 8449", "RFC 6066 section 4"}},
     AUDIT_WHOLE | AUDIT_ANSWER,
     NULL,
     oversize,
     .signs = AUDIT_ODD_RECORDS},
    {{"empty-handshake-records",
      "low",
      "violation",
      "Records without content",
      "Repair the peer that sent them; find out whether somebody wants to keep the other side "
      "busy.",
      "Denial of service",
      {"RFC 9846 section 5.1", "RFC 9846 section 5.4"}},
     AUDIT_WHOLE | AUDIT_ANSWER,
     NULL,
     empty,
     .signs = AUDIT_ODD_RECORDS},
};

const struct audit_table audit_record_rules = {.rules = rules, .num = HT_ARRAY_LEN(rules)};
