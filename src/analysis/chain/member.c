#include "analysis/chain/member.h"

#include "analysis/certificate/decode.h"

#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

struct chain_member *chain_member_new(const uint8_t sha256[CHAIN_SHA256_LEN], struct ht_bytes der)
{
    struct chain_member *member = calloc(1, sizeof *member + der.len);
    if (member == NULL) {
        return NULL;
    }
    member->cached = true;
    memcpy(member->sha256, sha256, CHAIN_SHA256_LEN);
    if (der.len > 0) {
        memcpy(member->bytes, der.ptr, der.len);
    }
    member->der        = ht_bytes(member->bytes, der.len);
    member->entry.key  = ht_bytes(member->sha256, CHAIN_SHA256_LEN);
    member->entry.cost = sizeof *member + der.len;
    return member;
}

static void release(struct chain_member *member)
{
    if (member->holders > 0) {
        return;
    }
    X509_free(member->x509);
    ht_arena_clear(&member->arena);
    member->x509    = NULL;
    member->decoded = NULL;
    member->parsed  = false;
    if (!member->cached) {
        free(member);
    }
}

void chain_member_forget(struct chain_member *member)
{
    member->cached = false;
    release(member);
}

struct chain_member *chain_member_hold(struct chain_member *member)
{
    member->holders++;
    return member;
}

void chain_member_drop(struct chain_member *member)
{
    if (member != NULL) {
        member->holders--;
        release(member);
    }
}

X509 *chain_member_x509(struct chain_member *member)
{
    if (member->parsed) {
        return member->x509;
    }
    const uint8_t *end = member->der.ptr;
    (void)ERR_set_mark();
    member->parsed = true;
    member->x509   = d2i_X509(NULL, &end, (long)member->der.len);
    if (member->x509 != NULL &&
        (end != member->der.ptr + member->der.len || !certificate_may_be_asked(member->x509))) {
        X509_free(member->x509);
        member->x509 = NULL;
    }
    (void)ERR_pop_to_mark();
    return member->x509;
}

const struct ht_certificate *chain_member_decoded(struct chain_member *member,
                                                  struct ht_certificate_decoder *decoder)
{
    if (member->decoded == NULL) {
        struct ht_certificate *out = ht_arena_alloc(&member->arena, sizeof *out);
        X509 *x509                 = chain_member_x509(member);
        if (out != NULL && x509 != NULL) {
            certificate_decode_x509(decoder, &member->arena, x509, member->der, member->entry.key,
                                    out);
        } else if (out != NULL) {
            (void)certificate_decode_der(decoder, &member->arena, member->der, member->entry.key,
                                         out);
        }
        member->decoded = out;
    }
    return member->decoded;
}

bool chain_member_may_issue(struct chain_member *member)
{
    X509 *x509 = chain_member_x509(member);
    return x509 != NULL && X509_check_ca(x509) == 1 &&
           (X509_get_extension_flags(x509) & EXFLAG_SI) == 0;
}
