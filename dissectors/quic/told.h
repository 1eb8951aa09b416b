/*
 * What is told of an Initial packet that was opened. Private to the flow logic.
 */
#ifndef HT_QUIC_TOLD_H
#define HT_QUIC_TOLD_H

#include "quic/frames.h"
#include "quic/state.h"

/* quic_tell_frames takes the frames of an Initial packet: handshake messages and CONNECTION_CLOSE.
 */
void quic_tell_frames(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                      const struct quic_packet *packet, struct ht_bytes frames);

#endif
