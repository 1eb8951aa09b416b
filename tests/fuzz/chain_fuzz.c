/* Up to four certificates, each after its length in two bytes, as a chain that is judged: the
 * second and those that follow are among the issuers seen elsewhere, too. For what names the leaf
 * is must be what libcrypto says of it. */
#include "analysis/chain/host.h"
#include "analysis/chain/judge.h"
#include "fuzz.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include <openssl/x509v3.h>

enum { MAX_CERTIFICATES = 4 };

static bool is_address(const char *text)
{
    uint8_t raw[16];
    return inet_pton(AF_INET, text, raw) == 1 || inet_pton(AF_INET6, text, raw) == 1;
}

/* Addresses and dots at either end are asked for in another way. */
static void ask_for(const struct chain_judgement *judgement, struct ht_bytes name)
{
    struct chain_host_match match;
    char text[CHAIN_MAX_NAME + 1] = "";
    chain_host_check(&match, &judgement->names, name);
    if (name.len == 0 || name.len > CHAIN_MAX_NAME || name.ptr[0] == '.' ||
        name.ptr[name.len - 1] == '.' || memchr(name.ptr, '\0', name.len) != NULL) {
        return;
    }
    memcpy(text, name.ptr, name.len);
    const unsigned flags =
        X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
    bool matches = X509_check_host(judgement->parts.leaf.x509, text, name.len, flags, NULL) == 1;
    if (!is_address(text) && matches != (strcmp(match.verdict, "match") == 0)) {
        abort();
    }
}

/* Each as it is, and as a wildcard covers it. */
static void ask_for_all(const struct chain_judgement *judgement, struct ht_texts names)
{
    for (size_t i = 0; i < names.len && i < 16; i++) {
        char covered[CHAIN_MAX_NAME];
        struct ht_bytes name = ht_bytes_head(names.items[i], sizeof covered);
        ask_for(judgement, name);
        memcpy(covered, name.ptr, name.len);
        covered[0] = 'w';
        ask_for(judgement, ht_bytes(covered, name.len));
    }
}

static void judge_chain(struct chain_judge *judge, const struct chain_members *members)
{
    struct chain_judgement *judgement =
        chain_judgement_new(judge, members, (members->list[0]->der.len & 1) != 0, INT64_C(1) << 60);
    if (judgement == NULL) {
        return;
    }
    if (judgement->verdict.as_sent != NULL && judgement->verdict.as_sent->trusted) {
        abort(); /* there are no trust anchors */
    }
    if (judgement->parts.leaf.x509 != NULL) {
        ask_for(judgement, ht_text("www.example.test"));
        ask_for_all(judgement, judgement->names.dns);
        ask_for_all(judgement, judgement->names.common);
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
    chain_signatures_fini(&judge.signatures);
    return 0;
}
