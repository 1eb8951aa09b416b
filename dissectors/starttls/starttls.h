/*
 * What is told of a protocol that starts in plain and may change to TLS on the same connection
 * (STARTTLS and its like): who offered it, who asked, what was answered, and whether somebody
 * between the two suppressed it.
 */
#ifndef HT_STARTTLS_STARTTLS_H
#define HT_STARTTLS_STARTTLS_H

#include "event/event.h"

/* Of a line or message at most so much is kept. */
enum { STARTTLS_MAX_TEXT = 200 };

struct starttls_details {
    const char *protocol;           /* "smtp", "imap" … */
    struct ht_bytes greeting;       /* what the server says first, or its version */
    bool offered;                   /* the server names the upgrade as a capability */
    const char *offer_unknown;      /* set where no capabilities were seen */
    bool required;                  /* the server wants it before anything else */
    bool requested;                 /* the client asks for it */
    bool accepted;                  /* the server's answer */
    bool refused;                   /* the server's answer */
    struct ht_bytes answer;         /* its text */
    uint64_t command_frame;         /* of the request */
    uint64_t answer_frame;          /* of the answer */
    uint64_t pipelined_bytes;       /* plain bytes in the frame of the request, after it */
    bool plaintext_authentication;  /* the client authenticates in plain */
    const char *method;             /* how: one of a few words, or NULL */
    struct ht_bytes mechanism;      /* how: the name of a SASL mechanism or plugin */
    uint64_t authentication_frame;  /* where */
    uint64_t content_frame;         /* where content begins in plain: a mail, a file */
    const char *stripped;           /* "likely", "possible" */
    const char *stripping_evidence; /* why that is thought */
};

/* An event's data: which of the members are shown is the table's choice. */
struct starttls_message {
    const char *protocol;
    struct ht_bytes text;
    const char *method;
    struct ht_bytes mechanism;
    bool offered, required, overwritten, accepted;
};

extern const struct ht_struct starttls_details_struct;

extern const struct ht_event_type starttls_greeting_event;
extern const struct ht_event_type starttls_capabilities_event;
extern const struct ht_event_type starttls_request_event;
extern const struct ht_event_type starttls_answer_event;
extern const struct ht_event_type starttls_authentication_event;

extern const struct ht_event_type *const starttls_events[];

#endif
