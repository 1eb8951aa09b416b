/*
 * An emitter that writes down, as text, all that a dissector says; and the property that what it
 * says does not depend on how the bytes were cut.
 */
#ifndef HT_TEST_RECORDER_H
#define HT_TEST_RECORDER_H

#include "dissect/dispatch.h"

struct recorder {
    struct ht_emitter emitter; /* first */
    struct ht_endpoint endpoint[2];
    struct ht_dispatch dispatch;
    struct ht_arena arena, scratch;
    char *text; /* a line for each event: side, name, flags, fields */
    size_t len, capacity;
    int client; /* the side claimed, -1: none */
};

/* recorder_start readies `r` for one flow between 10.0.0.1:40000 (side A) and 10.0.0.2:`port`. */
void recorder_start(struct recorder *r, const struct ht_dissector *dissector, bool stream,
                    uint16_t port);

/* recorder_bytes sends bytes of a stream, then `missing` lost ones. */
void recorder_bytes(struct recorder *r, enum ht_side side, struct ht_bytes bytes, uint64_t missing);

/* recorder_end ends the flow, both sides well captured to their FINs. */
void recorder_end(struct recorder *r);

void recorder_free(struct recorder *r);

/* What one side says, in turn. */
struct utterance {
    enum ht_side side;
    struct ht_bytes bytes;
};

/* One of side A, and one of side B, in a list of them; `text` is a string literal. */
#define A(text)                                                                                    \
    {                                                                                              \
        HT_SIDE_A,                                                                                 \
        {                                                                                          \
            (const uint8_t *)(text), sizeof(text) - 1                                              \
        }                                                                                          \
    }
#define B(text)                                                                                    \
    {                                                                                              \
        HT_SIDE_B,                                                                                 \
        {                                                                                          \
            (const uint8_t *)(text), sizeof(text) - 1                                              \
        }                                                                                          \
    }

/* recorder_converse starts `r`, sends what is said, each utterance in a frame of its own, numbered
 * from 1, and ends; returns the dissector's state, which lives as long as the recorder. */
void *recorder_converse(struct recorder *r, const struct ht_dissector *dissector, uint16_t port,
                        const struct utterance *said, size_t num);

/* every_split sends each utterance in a frame of its own, a millisecond apart: whole, cut in two at
 * every byte, byte by byte and cut at random (seeded), and fails the test if the events differ.
 * Returns their text, to be freed by the caller. */
char *every_split(const struct ht_dissector *dissector, const struct utterance *said, size_t num,
                  uint16_t port);

struct ht_keyring;

/* every_split_keyed is every_split with keys at hand. */
char *every_split_keyed(const struct ht_dissector *dissector, const struct utterance *said,
                        size_t num, uint16_t port, const struct ht_keyring *keyring);

#endif
