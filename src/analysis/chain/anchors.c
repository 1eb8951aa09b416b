/*
 * An engine's trust anchors. Reading an X.509 structure libcrypto also decodes its key, which costs
 * most of the time; so all are read in a library context that has no provider for that, to know
 * their names, and again, with the key, where a chain asks for that name.
 */
#include "analysis/chain/times.h"

#include <limits.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

enum {
    MAX_ANCHORS  = 65536,
    MAX_ANCESTRY = 8 /* anchors that were issued by anchors */
};

struct anchor {
    X509 *nameable; /* without a key */
    X509 *lent;     /* NULL: not yet */
    unsigned char *der;
    long len;
};

struct chain_anchors {
    OSSL_LIB_CTX *without_providers;
    OSSL_PROVIDER *null; /* that there be no default one */
    X509_STORE *store;
    struct anchor *list;
    size_t num, room;
};

static bool has_room(struct chain_anchors *anchors)
{
    if (anchors->num < anchors->room) {
        return true;
    }
    size_t room         = anchors->room == 0 ? 256 : 2 * anchors->room;
    struct anchor *list = room > MAX_ANCHORS ? NULL : realloc(anchors->list, room * sizeof *list);
    if (list != NULL) {
        anchors->list = list;
        anchors->room = room;
    }
    return list != NULL;
}

/* Takes over `der`. */
static void add(struct chain_anchors *anchors, unsigned char *der, long len)
{
    const unsigned char *end = der;
    X509 *nameable           = X509_new_ex(anchors->without_providers, NULL);
    if (nameable != NULL && d2i_X509(&nameable, &end, len) != NULL && has_room(anchors)) {
        anchors->list[anchors->num++] =
            (struct anchor){.nameable = nameable, .der = der, .len = len};
    } else {
        X509_free(nameable);
        OPENSSL_free(der);
    }
}

static bool is_certificate(const char *name)
{
    return strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0 ||
           strcmp(name, PEM_STRING_X509_TRUSTED) == 0;
}

static void read_all(struct chain_anchors *anchors, struct ht_bytes pem)
{
    BIO *in = pem.len <= INT_MAX ? BIO_new_mem_buf(pem.ptr, (int)pem.len) : NULL;
    (void)ERR_set_mark();
    while (in != NULL && BIO_pending(in) > 0) {
        char *name = NULL, *header = NULL;
        unsigned char *der = NULL;
        long len           = 0;
        if (PEM_read_bio(in, &name, &header, &der, &len) != 1) {
            continue;
        }
        if (is_certificate(name)) {
            add(anchors, der, len);
        } else {
            OPENSSL_free(der);
        }
        OPENSSL_free(name);
        OPENSSL_free(header);
    }
    (void)ERR_pop_to_mark();
    (void)BIO_free(in);
}

struct chain_anchors *chain_anchors_new(const struct ht_trust *trust)
{
    struct chain_anchors *anchors = calloc(1, sizeof *anchors);
    if (anchors == NULL) {
        return NULL;
    }
    anchors->store             = X509_STORE_new();
    anchors->without_providers = OSSL_LIB_CTX_new();
    if (anchors->without_providers != NULL) {
        anchors->null = OSSL_PROVIDER_load(anchors->without_providers, "null");
    }
    if (anchors->store == NULL || anchors->null == NULL) {
        chain_anchors_free(anchors);
        return NULL;
    }
    if (trust->pem.len > 0) {
        read_all(anchors, ht_buffer_view(&trust->pem));
    }
    return anchors;
}

void chain_anchors_free(struct chain_anchors *anchors)
{
    if (anchors == NULL) {
        return;
    }
    for (size_t i = 0; i < anchors->num; i++) {
        X509_free(anchors->list[i].nameable);
        X509_free(anchors->list[i].lent);
        OPENSSL_free(anchors->list[i].der);
    }
    free(anchors->list);
    X509_STORE_free(anchors->store);
    if (anchors->null != NULL) {
        (void)OSSL_PROVIDER_unload(anchors->null);
    }
    OSSL_LIB_CTX_free(anchors->without_providers);
    free(anchors);
}

/* With the settings of trust that may follow it ("TRUSTED CERTIFICATE"). */
static void lend(struct chain_anchors *anchors, struct anchor *anchor)
{
    const unsigned char *end = anchor->der;
    anchor->lent             = d2i_X509_AUX(NULL, &end, anchor->len);
    if (anchor->lent != NULL) {
        (void)X509_STORE_add_cert(anchors->store, anchor->lent);
    }
}

static void lend_named(struct chain_anchors *anchors, const X509_NAME *name,
                       struct chain_span *span, unsigned generation)
{
    for (size_t i = 0; i < anchors->num; i++) {
        struct anchor *anchor   = &anchors->list[i];
        const X509_NAME *issuer = X509_get_issuer_name(anchor->nameable);
        if (X509_NAME_cmp(X509_get_subject_name(anchor->nameable), name) != 0) {
            continue;
        }
        if (anchor->lent == NULL) {
            lend(anchors, anchor);
        }
        chain_span_add(span, anchor->nameable);
        if (generation < MAX_ANCESTRY && X509_NAME_cmp(issuer, name) != 0) {
            lend_named(anchors, issuer, span, generation + 1);
        }
    }
}

void chain_anchors_lend(struct chain_anchors *anchors, const X509_NAME *name,
                        struct chain_span *span)
{
    (void)ERR_set_mark();
    lend_named(anchors, name, span, 0);
    (void)ERR_pop_to_mark();
}

X509_STORE *chain_anchors_store(const struct chain_anchors *anchors)
{
    return anchors->store;
}
