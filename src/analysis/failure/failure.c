#include "failure.h"

#include "analysis/rule.h"
#include "tls/tls.h"

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

/* Of a handshake without alert. What the capture lacks is no failure. */
static struct tls_failure failure_by_tcp(const struct ht_connection *c,
                                         const struct tls_details *tls)
{
    if (c->tcp == NULL || !ht_captured_whole(c)) {
        return (struct tls_failure){0};
    }
    const char *by = c->tcp->closed_by, *close = c->tcp->close;
    bool by_server = by != NULL && strcmp(by, "server") == 0;
    if (tls->server_hello == NULL && c->server->payload_bytes == 0 && !by_server) {
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
    if (alert == NULL) {
        return failure_by_tcp(c, tls);
    }
    if (alert->encrypted) {
        return (struct tls_failure){.how = "encrypted_alert", .by = alert->from};
    }
    return (struct tls_failure){
        .how = "alert", .alert = alert->description, .by = alert->from, .code = alert->code};
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
