/* Up to four certificates, each after its length in two bytes, as a chain that is judged: the
 * second and those that follow are among the issuers seen elsewhere, too. */
#include "analysis/chain/host.h"
#include "analysis/chain/judge.h"
#include "fuzz.h"

#include <stdlib.h>

enum { MAX_CERTIFICATES = 4 };

static void judge_chain(struct chain_judge *judge, const struct chain_members *members)
{
    struct chain_host_match match;
    struct chain_judgement *judgement =
        chain_judgement_new(judge, members, (members->list[0]->der.len & 1) != 0, INT64_C(1) << 60);
    if (judgement == NULL) {
        return;
    }
    if (judgement->verdict.as_sent != NULL && judgement->verdict.as_sent->trusted) {
        abort(); /* there are no trust anchors */
    }
    if (judgement->parts.leaf.x509 != NULL) {
        chain_host_check(&match, judgement->parts.leaf.x509, ht_text("www.example.test"));
    }
    chain_judgement_free(judgement);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct ht_certificate_decoder *decoder;
    static struct ht_analysis_settings settings;
    static struct chain_anchors *none;
    if (decoder == NULL) {
        decoder        = ht_certificate_decoder_new();
        settings.trust = ht_trust_none();
        none           = chain_anchors_new(settings.trust);
    }
    struct chain_judge judge     = {.settings = &settings, .decoder = decoder, .anchors = none};
    struct chain_members members = {.num = 0};
    struct ht_reader r           = ht_reader(ht_bytes(data, len));
    while (rd_more(&r) && members.num < MAX_CERTIFICATES) {
        uint8_t digest[CHAIN_SHA256_LEN] = {(uint8_t)members.num};
        struct chain_member *member      = chain_member_new(digest, rd_vec(&r, 2));
        if (member == NULL) {
            break;
        }
        members.list[members.num++] = chain_member_hold(member);
        if (members.num > 1 && chain_member_may_issue(member)) {
            chain_issuers_add(&judge.issuers, member);
        }
    }
    if (members.num > 0) {
        judge_chain(&judge, &members);
        members.num--; /* the last is to be found among the issuers */
    }
    if (members.num > 0) {
        judge_chain(&judge, &members);
    }
    for (size_t i = 0; i < MAX_CERTIFICATES && members.list[i] != NULL; i++) {
        chain_member_drop(members.list[i]);
        chain_member_forget(members.list[i]);
    }
    chain_issuers_fini(&judge.issuers);
    return 0;
}
