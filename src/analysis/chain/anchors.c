/*
 * An engine's trust anchors. Reading an X.509 structure libcrypto also decodes its key, which costs
 * most of the time; so of all only the name is read, and the rest where a chain asks for that name.
 */
#include "analysis/chain/times.h"

#include <limits.h>
#include <stdlib.h>

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

enum {
    MAX_ANCHORS  = 65536,
    MAX_ANCESTRY = 8 /* anchors that were issued by anchors */
};

struct anchor {
    X509_NAME *name;
    size_t place; /* in the file: among anchors of one name the order is kept */
    X509 *lent;   /* NULL: not yet */
    bool broken;  /* it has a name, and is no certificate */
    unsigned char *der;
    long len;
};

struct chain_anchors {
    X509_STORE *store;
    struct anchor *list; /* by name */
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

/* Into a SEQUENCE, or with `skip` past whatever is there. False where it does not fit, or its
 * length is left open. */
static bool step(const unsigned char **at, const unsigned char *end, bool skip)
{
    enum { OPEN_OR_TOO_LONG = 0x81 };
    long len;
    int tag, class;
    int form  = ASN1_get_object(at, &len, &tag, &class, end - *at);
    bool fits = (form & OPEN_OR_TOO_LONG) == 0;
    *at += fits && skip ? len : 0;
    return fits && (skip || (form == V_ASN1_CONSTRUCTED && tag == V_ASN1_SEQUENCE));
}

/* Where the subject begins: after version, serialNumber, signature, issuer and validity (RFC 5280
 * section 4.1). NULL: it is not as it should be. */
static const unsigned char *find_subject(const unsigned char *der, const unsigned char *end)
{
    enum { VERSION = 0xA0 };
    const unsigned char *at = der;
    bool good               = step(&at, end, false) && step(&at, end, false) && at < end;
    good                    = good && (*at != VERSION || step(&at, end, true));
    for (unsigned i = 0; i < 4; i++) {
        good = good && step(&at, end, true);
    }
    return good ? at : NULL;
}

/* The subject; NULL: it is no certificate. */
static X509_NAME *name_of(const unsigned char *der, long len)
{
    const unsigned char *at = find_subject(der, der + len);
    X509_NAME *name         = at != NULL ? d2i_X509_NAME(NULL, &at, der + len - at) : NULL;
    if (name != NULL) {
        return name;
    }
    X509 *x509 = d2i_X509(NULL, &der, len);
    name       = x509 != NULL ? X509_NAME_dup(X509_get_subject_name(x509)) : NULL;
    X509_free(x509);
    return name;
}

/* Takes over `der`. */
static void add(struct chain_anchors *anchors, unsigned char *der, long len)
{
    X509_NAME *name = name_of(der, len);
    if (name != NULL && has_room(anchors)) {
        size_t place = anchors->num++;
        anchors->list[place] =
            (struct anchor){.name = name, .place = place, .der = der, .len = len};
    } else {
        X509_NAME_free(name);
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

static int by_name(const void *a, const void *b)
{
    const struct anchor *first = a, *second = b;
    int order = X509_NAME_cmp(first->name, second->name);
    return order != 0 ? order : (first->place > second->place) - (first->place < second->place);
}

struct chain_anchors *chain_anchors_new(const struct ht_trust *trust)
{
    struct chain_anchors *anchors = calloc(1, sizeof *anchors);
    if (anchors == NULL) {
        return NULL;
    }
    anchors->store = X509_STORE_new();
    if (anchors->store == NULL) {
        chain_anchors_free(anchors);
        return NULL;
    }
    if (trust->pem.len > 0) {
        read_all(anchors, ht_buffer_view(&trust->pem));
    }
    if (anchors->num > 0) {
        qsort(anchors->list, anchors->num, sizeof *anchors->list, by_name);
    }
    return anchors;
}

void chain_anchors_free(struct chain_anchors *anchors)
{
    if (anchors == NULL) {
        return;
    }
    for (size_t i = 0; i < anchors->num; i++) {
        X509_NAME_free(anchors->list[i].name);
        X509_free(anchors->list[i].lent);
        OPENSSL_free(anchors->list[i].der);
    }
    free(anchors->list);
    X509_STORE_free(anchors->store);
    free(anchors);
}

/* With the settings of trust that may follow it ("TRUSTED CERTIFICATE"). */
static void lend(struct chain_anchors *anchors, struct anchor *anchor)
{
    const unsigned char *end = anchor->der;
    anchor->lent             = d2i_X509_AUX(NULL, &end, anchor->len);
    anchor->broken           = anchor->lent == NULL;
    if (!anchor->broken) {
        (void)X509_STORE_add_cert(anchors->store, anchor->lent);
    }
}

/* The first anchor whose name is not before this one. */
static size_t first_of(const struct chain_anchors *anchors, const X509_NAME *name)
{
    size_t low = 0, high = anchors->num;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        bool before   = X509_NAME_cmp(anchors->list[middle].name, name) < 0;
        low           = before ? middle + 1 : low;
        high          = before ? high : middle;
    }
    return low;
}

static void lend_named(struct chain_anchors *anchors, const X509_NAME *name,
                       struct chain_span *span, unsigned generation)
{
    for (size_t i = first_of(anchors, name);
         i < anchors->num && X509_NAME_cmp(anchors->list[i].name, name) == 0; i++) {
        struct anchor *anchor = &anchors->list[i];
        if (anchor->lent == NULL && !anchor->broken) {
            lend(anchors, anchor);
        }
        if (anchor->broken) {
            continue;
        }
        chain_span_add(span, anchor->lent);
        const X509_NAME *issuer = X509_get_issuer_name(anchor->lent);
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
