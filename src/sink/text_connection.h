/*
 * The story of a connection, for people.
 */
#ifndef HT_SINK_TEXT_CONNECTION_H
#define HT_SINK_TEXT_CONNECTION_H

#include "event/connection.h"
#include "sink/text_value.h"

/* ht_text_connection lays out the record in lines: who and what, when and how, one line an event,
 * one a finding. `room` is empty, and is again after. */
void ht_text_connection(struct ht_text *room, struct ht_fold *lines,
                        const struct ht_connection *connection);

/* ht_text_connection_line says of it in one line: when, who, what, how it ended, the name of the
 * source if so asked, and its id. */
void ht_text_connection_line(struct ht_text *room, struct ht_fold *lines,
                             const struct ht_connection *connection, bool with_source);

#endif
