/*
 * A connection made by hand: what TLS 1.2 to www.example.com looks like, with a protocol "demo" in
 * the place of a dissector's details.
 */
#ifndef HT_TEST_STORY_H
#define HT_TEST_STORY_H

#include "event/connection.h"

struct demo_hello {
    struct ht_bytes name;
    struct ht_bytes versions; /* uint16 */
    struct ht_bytes suites;   /* uint16 */
    bool early_data;
};

struct demo_details {
    bool established;
    struct ht_named version;
    struct ht_named suite;
    struct ht_bytes alpn;
    const struct demo_hello *hello;
};

extern const struct ht_struct demo_hello_struct, demo_details_struct;
extern const struct ht_event_type demo_syn, demo_hello_event, demo_certificate;

/* story fills a connection whose parts live until the program ends. The same at every call. */
void story(struct ht_connection *out);

#endif
