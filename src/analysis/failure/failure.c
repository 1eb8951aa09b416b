#include "failure.h"

#include "analysis/rule.h"
#include "base/time.h"
#include "tls/tls.h"

enum { PATIENCE_S = 3 }; /* of a server that is silent when the capture ends, it is not known */

/* The alert that ended the handshake: the first that is fatal, or that cannot be read. */
static const struct tls_alert *last_word(const struct tls_details *tls)
{
    const struct tls_alert *alerts = tls->alerts.items;
    for (size_t i = 0; i < tls->alerts.len; i++) {
        if (alerts[i].level == NULL || strcmp(alerts[i].level, "fatal") == 0) {
            return &alerts[i];
        }
    }
    return NULL;
}

/* A handshake that a capture lacks a part of, or that goes on when it ends, need not have failed.
 * Datagrams that it lacks leave no trace. */
static bool is_seen_whole(const struct ht_connection *c)
{
    return c->tcp != NULL && ht_captured_whole(c);
}

static struct tls_failure failure_by_tcp(const struct ht_connection *c,
                                         const struct tls_details *tls)
{
    const char *by = c->tcp->closed_by, *close = c->tcp->close;
    bool by_server = by != NULL && strcmp(by, "server") == 0;
    bool over      = close != NULL || c->duration_ns >= PATIENCE_S * HT_SECOND_NS;
    if (tls->server_hello == NULL && c->server->payload_bytes == 0 && !by_server && over) {
        return (struct tls_failure){.how = "no_answer"};
    }
    if (close == NULL || by == NULL) {
        return (struct tls_failure){0};
    }
    return (struct tls_failure){.how = strcmp(close, "rst") == 0 ? "reset" : "closed", .by = by};
}

static struct tls_failure failure_of(const struct ht_connection *c, const struct tls_details *tls)
{
    const struct tls_alert *alert = last_word(tls);
    if (alert != NULL && !alert->encrypted) {
        return (struct tls_failure){
            .how = "alert", .alert = alert->description, .by = alert->from, .code = alert->code};
    }
    if (!is_seen_whole(c)) {
        return (struct tls_failure){0};
    }
    return alert != NULL ? (struct tls_failure){.how      = "encrypted_alert",
                                                .by       = alert->from,
                                                .inferred = alert->inferred}
                         : failure_by_tcp(c, tls);
}

static void see_connection(void *state, struct ht_analysis *a, struct ht_connection *c)
{
    (void)state;
    const struct tls_details *tls =
        c->details.type == &tls_details_struct ? c->details.object : NULL;
    if (tls == NULL || tls->established || tls->client_hello == NULL) {
        return;
    }
    struct tls_failure failure = failure_of(c, tls);
    struct {
        struct tls_details details;
        struct tls_failure failure;
    } *more = failure.how != NULL ? ht_arena_alloc(a->arena, sizeof *more) : NULL;
    if (more != NULL) {
        more->details         = *tls;
        more->failure         = failure;
        more->details.failure = &more->failure;
        c->details.object     = &more->details;
    }
}

const struct ht_analyzer ht_failure_analyzer = {.name = "failure", .connection = see_connection};
