/* Built without libndpi: nothing is labelled. */
#include "flow/app_label.h"

void ht_labeler_use_memory(void *(*take)(size_t len), void (*give)(void *piece))
{
    (void)take, (void)give;
}

struct ht_label_tables *ht_label_tables_new(void)
{
    return NULL;
}

void ht_label_tables_free(struct ht_label_tables *tables)
{
    (void)tables;
}

struct ht_labeler *ht_labeler_new(struct ht_label_tables *tables, uint64_t seed,
                                  struct ht_budget *budget)
{
    (void)tables, (void)seed, (void)budget;
    return NULL;
}

void ht_labeler_free(struct ht_labeler *labeler)
{
    (void)labeler;
}

bool ht_labeler_feed(struct ht_labeler *labeler, void **flow_state, struct ht_bytes ip_packet,
                     int64_t time_ns, bool from_client, struct ht_app_label *out)
{
    (void)labeler, (void)flow_state, (void)ip_packet, (void)time_ns, (void)from_client, (void)out;
    return true;
}

void ht_labeler_fetch(struct ht_labeler *labeler, struct ht_bytes server_name)
{
    (void)labeler, (void)server_name;
}

void ht_labeler_by_server_name(struct ht_labeler *labeler, struct ht_bytes server_name,
                               struct ht_app_label *out)
{
    (void)labeler, (void)server_name, (void)out;
}

void ht_labeler_flow_free(struct ht_labeler *labeler, void **flow_state)
{
    (void)labeler, (void)flow_state;
}
