/*
 * What repeats is judged once. Most rules look at what was offered, chosen and exchanged, or at the
 * server's certificates, which are the same in thousands of sessions: a session's shapes. What
 * rules came to is kept by them. Not for use outside this folder.
 */
#ifndef HT_ANALYSIS_AUDIT_SHAPE_H
#define HT_ANALYSIS_AUDIT_SHAPE_H

#include "analysis/audit/case.h"

enum { AUDIT_SHAPE_MAX = 4096 };

/* The bytes of a shape; whole compared. */
struct audit_shape {
    uint8_t bytes[AUDIT_SHAPE_MAX];
    size_t len;
    bool too_long; /* it is judged anew each time */
};

/* audit_shape_of writes a shape of a case: all that rules of this kind may look at, and of where it
 * was seen no more than which of the places below are in one frame. Of AUDIT_EACH, which may look
 * at anything, what tells which of them are to be asked. */
void audit_shape_of(struct audit_shape *out, enum audit_kind kind, const struct audit_case *c);

/* Where what shows something lies in a session of this shape. */
enum audit_place {
    AUDIT_AT_OFFER,
    AUDIT_AT_FIRST_OFFER,
    AUDIT_AT_ANSWER,
    AUDIT_AT_KEY_EXCHANGE,
    AUDIT_AT_CERTIFICATE,
    AUDIT_AT_CERTIFICATE_VERIFY,
    AUDIT_NUM_PLACES
};

/* audit_place_of is the place of a frame in the case; AUDIT_NUM_PLACES: none of these.
 * audit_frame_at is the frame of a place; 0: it has none. */
enum audit_place audit_place_of(const struct audit_case *c, uint64_t frame);
uint64_t audit_frame_at(const struct audit_case *c, enum audit_place place);

#endif
