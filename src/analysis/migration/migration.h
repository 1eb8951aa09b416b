/*
 * Which QUIC connection goes on in a flow that has no beginning of its own: one that announced, or
 * was seen to use, the connection id by which the flow's packets are addressed, with the owner of
 * the id at the same address and port, and the other side somewhere else (RFC 9000 section 9; a NAT
 * that binds anew looks the same, and does so during the handshake too); or one whose server
 * prefers to be addressed there, by that id (section 9.6). Fills `migrated_from` of QUIC's object.
 * An id that was issued in encrypted packets is not known without keys. Of DTLS likewise which
 * association goes on where its client is now, by the server's id in its records (RFC 9146 section
 * 6).
 */
#ifndef HT_ANALYSIS_MIGRATION_H
#define HT_ANALYSIS_MIGRATION_H

#include "analysis/analyzer.h"

/* Ids shorter than this would be met by chance. */
enum { HT_MIGRATION_LEAST_ID = 4, HT_MIGRATION_SETS = 4096, HT_MIGRATION_WAYS = 4 };

extern const struct ht_analyzer ht_migration_analyzer;

#endif
