#include "analysis/audit/shape.h"

#include "analysis/audit/certificates.h"

static void add(struct audit_shape *out, const void *bytes, size_t len)
{
    if (len > sizeof out->bytes - out->len) {
        out->too_long = true;
        return;
    }
    if (len > 0) {
        memcpy(out->bytes + out->len, bytes, len);
        out->len += len;
    }
}

/* Each with its length before it, so that no two shapes run together. */
static void add_list(struct audit_shape *out, struct ht_bytes list)
{
    uint32_t len = (uint32_t)list.len;
    add(out, &len, sizeof len);
    add(out, list.ptr, list.len);
}

static void add_texts(struct audit_shape *out, const struct ht_texts *texts)
{
    uint32_t len = (uint32_t)texts->len;
    add(out, &len, sizeof len);
    for (size_t i = 0; i < texts->len; i++) {
        add_list(out, texts->items[i]);
    }
}

static uint64_t named(struct ht_named value)
{
    return (uint64_t)value.set << 16 | value.id;
}

/* Words of the program's own are told apart by where they lie. */
static uint64_t label(const char *word)
{
    return (uintptr_t)word;
}

static void add_offer(struct audit_shape *out, const struct tls_client_hello *offer)
{
    const uint64_t words[] = {
        named(offer->record_version) << 32 | named(offer->legacy_version),
        (uint64_t)offer->psk_identities << 32 | offer->session_ticket_bytes,
        (uint64_t)offer->early_data << 3 | (uint64_t)offer->grease << 2 |
            (uint64_t)offer->session_ticket << 1 | (offer->encrypted_client_hello != NULL),
    };
    add(out, words, sizeof words);
    add_list(out, offer->cipher_suites);
    add_list(out, offer->compression_methods);
    add_list(out, offer->extensions);
    add_list(out, offer->supported_versions);
    add_list(out, offer->groups);
    add_list(out, offer->point_formats);
    add_list(out, offer->signature_schemes);
    add_list(out, offer->key_share_groups);
    add_list(out, offer->psk_modes);
    add_texts(out, &offer->alpn);
}

static void add_answer(struct audit_shape *out, const struct tls_server_hello *answer)
{
    const uint64_t words[] = {
        label(answer->downgrade),
        named(answer->record_version) << 32 | named(answer->legacy_version),
        named(answer->cipher_suite) << 32 | named(answer->compression_method),
        named(answer->supported_version) << 32 | named(answer->version),
        named(answer->key_share_group),
        (uint64_t)answer->session_ticket << 6 | (uint64_t)answer->extended_master_secret << 5 |
            (uint64_t)answer->encrypt_then_mac << 4 | (uint64_t)answer->renegotiation_info << 3 |
            (uint64_t)answer->pre_shared_key << 2 | (uint64_t)answer->status_request << 1 |
            answer->retry_request,
    };
    add(out, words, sizeof words);
    add_list(out, answer->extensions);
    add_list(out, answer->alpn);
    add_list(out, answer->point_formats);
}

static void add_key_exchange(struct audit_shape *out, const struct audit_case *c)
{
    const struct tls_server_key_exchange *k = c->key_exchange;
    const uint64_t words[]                  = {
                         label(k->key_exchange),
                         label(k->curve_form),
                         label(k->dh_group),
                         k->dh_bits << 32 | k->rsa_bits,
                         k->public_bytes << 32 | k->signature_bytes,
                         named(k->group) << 32 | named(k->signature_scheme),
                         (uint64_t)k->anonymous << 8 | c->key_exchange_entry->verified,
    };
    add(out, words, sizeof words);
}

/* What was agreed on, by whom it was carried, and what could be seen of it. */
static void add_session(struct audit_shape *out, const struct audit_case *c)
{
    const struct tls_details *tls = c->tls;
    const uint64_t words[]        = {
               label(tls->key_exchange),
               label(tls->dh_group),
               label(tls->resumption),
               label(tls->post_quantum),
               label(c->connection->transport),
               tls->dh_bits,
               named(tls->version) << 32 | named(tls->cipher_suite),
               named(tls->group) << 32 | named(tls->signature_scheme),
        c->verify != NULL ? named(c->verify->signature_scheme) : 0,
               (uint64_t)c->has << 32 | c->connection->server->port,
               (uint64_t)tls->established << 7 | (uint64_t)tls->resumed << 6 |
                   (uint64_t)tls->hello_retry_request << 5 | (uint64_t)tls->client_authentication << 4 |
                   (uint64_t)(c->certificate_frame != 0) << 3 | (uint64_t)(c->offer != NULL) << 2 |
                   (uint64_t)(c->answer != NULL) << 1 | (c->key_exchange != NULL),
    };
    add(out, words, sizeof words);
    add(out, c->lacks, sizeof c->lacks);
    add_list(out, c->connection->protocol);
    add_list(out, tls->alpn);
}

/* Which messages came in one frame: what is kept by place is of the first place with its frame. */
static void add_places(struct audit_shape *out, const struct audit_case *c)
{
    uint8_t firsts[AUDIT_NUM_PLACES];
    for (unsigned i = 0; i < AUDIT_NUM_PLACES; i++) {
        firsts[i] = (uint8_t)audit_place_of(c, audit_frame_at(c, (enum audit_place)i));
    }
    add(out, firsts, sizeof firsts);
}

/* What settles whether a rule is to be asked at all. */
static void add_by_traits(struct audit_shape *out, const struct audit_case *c)
{
    const uint64_t words[] = {(uint64_t)c->has << 32 | c->traits, c->tls != NULL};
    add(out, words, sizeof words);
    add(out, c->lacks, sizeof c->lacks);
}

static void add_by_session(struct audit_shape *out, const struct audit_case *c)
{
    add_session(out, c);
    add_places(out, c);
    if (c->offer != NULL) {
        add_offer(out, c->offer);
    }
    if (c->answer != NULL) {
        add_answer(out, c->answer);
    }
    if (c->key_exchange != NULL) {
        add_key_exchange(out, c);
    }
}

static void add_by_chain(struct audit_shape *out, const struct audit_case *c)
{
    const uint64_t words[] = {
        c->facts != NULL ? c->facts->number : 0,
        label(c->tls->key_exchange),
        named(c->tls->version) << 32 | named(c->tls->cipher_suite),
        (uint64_t)c->has << 32 | (c->traits & AUDIT_IN_PUBLIC) | audit_is_media(c),
    };
    add(out, words, sizeof words);
    add(out, c->lacks, sizeof c->lacks);
    add_places(out, c);
}

void audit_shape_of(struct audit_shape *out, enum audit_kind kind, const struct audit_case *c)
{
    out->len      = 0;
    out->too_long = false;
    switch (kind) {
    case AUDIT_EACH:
        add_by_traits(out, c);
        break;
    case AUDIT_BY_SESSION:
        add_by_session(out, c);
        break;
    case AUDIT_BY_CHAIN:
        add_by_chain(out, c);
        break;
    case AUDIT_NUM_KINDS:
        break;
    }
}

uint64_t audit_frame_at(const struct audit_case *c, enum audit_place place)
{
    switch (place) {
    case AUDIT_AT_OFFER:
        return c->offer != NULL ? c->offer->frame : 0;
    case AUDIT_AT_FIRST_OFFER:
        return c->tls->client_hello != NULL ? c->tls->client_hello->frame : 0;
    case AUDIT_AT_ANSWER:
        return c->answer != NULL ? c->answer->frame : 0;
    case AUDIT_AT_KEY_EXCHANGE:
        return c->key_exchange_entry != NULL ? c->key_exchange_entry->frame : 0;
    case AUDIT_AT_CERTIFICATE:
        return c->certificate_frame;
    case AUDIT_AT_CERTIFICATE_VERIFY:
        return c->verify_entry != NULL ? c->verify_entry->frame : 0;
    case AUDIT_NUM_PLACES:
        break;
    }
    return 0;
}

enum audit_place audit_place_of(const struct audit_case *c, uint64_t frame)
{
    unsigned place = 0;
    while (place < AUDIT_NUM_PLACES && audit_frame_at(c, (enum audit_place)place) != frame) {
        place++;
    }
    return (enum audit_place)place;
}
