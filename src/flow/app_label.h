/*
 * Application labels, by libndpi: a label only, never a gate. Built without it, nothing is
 * labelled.
 */
#ifndef HT_FLOW_APP_LABEL_H
#define HT_FLOW_APP_LABEL_H

#include "base/arena.h"
#include "event/connection.h"

struct ht_label_tables;
struct ht_labeler;

/* ht_labeler_use_memory makes libndpi take its memory by `take`, and give it back by `give`,
 * instead of by malloc and free: in the whole process, so before the first labeller is made. */
void ht_labeler_use_memory(void *(*take)(size_t len), void (*give)(void *piece));

/* ht_label_tables_new is for what libndpi knows of names, which all labellers of a run share, in
 * several threads, too. NULL: no memory, or built without libndpi. */
struct ht_label_tables *ht_label_tables_new(void);
void ht_label_tables_free(struct ht_label_tables *tables);

/* ht_labeler_new makes a labeller, to be freed before its `tables` are; libndpi's modules are made
 * when first needed (some 10 ms, 4.5 MB): one for names and the packets of the first labeller, and
 * one for the packets of each other. NULL: no memory. The strings of its labels live as long as it
 * and the tables. `seed` is of hashes: one that strangers do not know. What is kept of flows counts
 * in `budget` (NULL: nowhere), which must outlive it. */
struct ht_labeler *ht_labeler_new(struct ht_label_tables *tables, uint64_t seed,
                                  struct ht_budget *budget);
void ht_labeler_free(struct ht_labeler *labeler);

/* ht_labeler_feed shows an IP packet of a flow; `*flow_state` is the labeller's (NULL before the
 * first): 700 bytes, and of what may be TLS at most what a dozen packets hold, until
 * ht_labeler_flow_free. Returns
 * true when it knows, or gave up after a dozen packets: then it needs no more, and `out` has a name
 * or is left as it was. A name may stand there before: libndpi then looks for a better one. A
 * packet that was not captured whole tells nothing. Nor does what libndpi knows of other flows. */
bool ht_labeler_feed(struct ht_labeler *labeler, void **flow_state, struct ht_bytes ip_packet,
                     int64_t time_ns, bool from_client, struct ht_app_label *out);

/* ht_labeler_by_server_name labels by the name asked for alone; `out` is left as it was where the
 * name says nothing. ht_labeler_fetch has what is known of a name fetched, which will be asked for
 * soon. */
void ht_labeler_fetch(struct ht_labeler *labeler, struct ht_bytes server_name);
void ht_labeler_by_server_name(struct ht_labeler *labeler, struct ht_bytes server_name,
                               struct ht_app_label *out);

/* ht_labeler_flow_free frees what ht_labeler_feed keeps for a flow. Both may be NULL. */
void ht_labeler_flow_free(struct ht_labeler *labeler, void **flow_state);

#endif
