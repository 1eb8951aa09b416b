/*
 * A whole dialogue, up to TLS or not, cut everywhere: what must be told of it.
 */
#ifndef HT_TEST_STARTTLS_DIALOGUE_H
#define HT_TEST_STARTTLS_DIALOGUE_H

#include "recorder.h"
#include "support.h"

#include "starttls/upgrade.h"

#include <stdlib.h>

/* The beginning of a record with a ClientHello, and of one with a ServerHello. */
#define CLIENT_TLS "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
#define SERVER_TLS "\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03"
#define TLS A(CLIENT_TLS), B(SERVER_TLS)

/* Who must say what, and what the details are at the end; the dialogue is cut everywhere. */
struct dialogue {
    const struct ht_dissector *dissector;
    uint16_t port;
    const struct utterance *said;
    size_t num;
    const char *events; /* all of them */
    struct starttls_details details;
    bool upgraded;
};

static void check_text(const char *what, struct ht_bytes got, struct ht_bytes expected)
{
    if (!ht_bytes_equal(got, expected)) {
        fail_msg("%s: \"%.*s\", not \"%.*s\"", what, (int)got.len, (const char *)got.ptr,
                 (int)expected.len, (const char *)expected.ptr);
    }
}

static void check_label(const char *got, const char *expected)
{
    check_text("label", ht_text(got != NULL ? got : ""), ht_text(expected != NULL ? expected : ""));
}

static void check_details(const struct starttls_details *got, const struct starttls_details *want)
{
    check_label(got->protocol, want->protocol);
    check_text("greeting", got->greeting, want->greeting);
    check_text("answer", got->answer, want->answer);
    check_text("mechanism", got->mechanism, want->mechanism);
    check_label(got->method, want->method);
    check_label(got->stripped, want->stripped);
    check_label(got->stripping_evidence, want->stripping_evidence);
    assert_int_equal(got->offered, want->offered);
    assert_int_equal(got->required, want->required);
    assert_int_equal(got->requested, want->requested);
    assert_int_equal(got->accepted, want->accepted);
    assert_int_equal(got->refused, want->refused);
    assert_int_equal(got->command_frame, want->command_frame);
    assert_int_equal(got->answer_frame, want->answer_frame);
    assert_int_equal(got->pipelined_bytes, want->pipelined_bytes);
    assert_int_equal(got->plaintext_authentication, want->plaintext_authentication);
    assert_int_equal(got->authentication_frame, want->authentication_frame);
}

static void check(const struct dialogue *d)
{
    struct recorder r;
    char *events = every_split(d->dissector, d->said, d->num, d->port);
    assert_string_equal(events, d->events);
    free(events);
    recorder_start(&r, d->dissector, true, d->port);
    for (size_t i = 0; i < d->num; i++) {
        r.emitter.frame = i + 1;
        recorder_bytes(&r, d->said[i].side, d->said[i].bytes, 0);
    }
    recorder_end(&r);
    assert_int_equal(r.dispatch.past != NULL, d->upgraded);
    const struct starttls_state *s = d->upgraded ? r.dispatch.past->state : r.dispatch.state;
    assert_non_null(s);
    check_details(&s->details, &d->details);
    recorder_free(&r);
}

#define TEXT(text)                                                                                 \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }

#endif
