#include "report/clock.h"

/* The latest time that who signs gives to what was sent; INT64_MIN: none. */
static int64_t latest_signed(const struct audit_case *c)
{
    const struct tls_certificate_status *staple =
        c->tls->certificates != NULL ? c->tls->certificates->staple : NULL;
    const struct ht_objects scts = c->chain != NULL ? c->chain->scts : (struct ht_objects){0};
    int64_t latest_ns            = INT64_MIN;
    if (staple != NULL && staple->produced_at_ns != 0) {
        latest_ns = staple->produced_at_ns;
    }
    for (size_t i = 0; i < scts.len; i++) {
        int64_t time_ns = ((const struct tls_sct_verdict *)scts.items)[i].time_ns;
        latest_ns       = time_ns > latest_ns ? time_ns : latest_ns;
    }
    return latest_ns;
}

void report_clock_observe(struct report_state *state, const struct audit_case *c,
                          const struct report_sight *sight, uint32_t server)
{
    const uint64_t hour_ns = 3600 * (uint64_t)HT_SECOND_NS;
    int64_t signed_ns = latest_signed(c), now_ns = c->connection->start_ns;
    uint64_t ahead_ns = signed_ns > now_ns ? (uint64_t)signed_ns - (uint64_t)now_ns : 0;
    if (signed_ns == INT64_MIN) {
        return;
    }
    struct report_clock clock = {.dated = 1};
    if (ahead_ns > hour_ns) {
        clock.behind  = 1;
        clock.most_ns = ahead_ns;
        clock.sight   = *sight;
        clock.server  = server;
    }
    report_clock_add(state, &clock);
}

void report_clock_add(struct report_state *state, const struct report_clock *more)
{
    struct report_clock *clock = &state->clock;
    bool worse =
        more->most_ns > clock->most_ns ||
        (more->most_ns == clock->most_ns && report_sight_before(&more->sight, &clock->sight));
    clock->dated += more->dated;
    clock->behind += more->behind;
    if (worse) {
        clock->most_ns = more->most_ns;
        clock->sight   = more->sight;
        clock->server  = more->server;
    }
}
