#include "capture/filter.h"

#include "capture/link.h"

#include <stdlib.h>

#include <pcap/pcap.h>

enum {
    MAX_PROGRAMS = 16,    /* a capture of more link types compiles now and then again */
    MAX_SNAPLEN  = 262144 /* what a program returns for a frame that passes whole */
};

/* The expression, compiled for one link type. */
struct program {
    uint16_t link_type;
    bool refused; /* makes no sense there: nothing passes */
    struct bpf_program code;
};

struct ht_filter {
    char *expression;
    struct program programs[MAX_PROGRAMS];
    size_t num_programs;
    size_t next_evicted;
    struct program *last; /* used; most captures have one link type */
};

/* Where the two numberings differ on some system: link types that systems had numbered by
 * themselves before there was LINKTYPE_. */
static const struct {
    uint16_t link_type;
    int dlt;
} differing[] = {
    {HT_LINK_PPP_HDLC, DLT_PPP_SERIAL},
    {100, DLT_ATM_RFC1483},
    {HT_LINK_RAW, DLT_RAW},
    {102, DLT_SLIP_BSDOS},
    {103, DLT_PPP_BSDOS},
    {106, DLT_ATM_CLIP},
    {HT_LINK_LOOP, DLT_LOOP},
};

uint16_t ht_link_of_dlt(int dlt)
{
    for (size_t i = 0; i < HT_ARRAY_LEN(differing); i++) {
        if (differing[i].dlt == dlt) {
            return differing[i].link_type;
        }
    }
    return (uint16_t)dlt;
}

int ht_link_to_dlt(uint16_t link_type)
{
    for (size_t i = 0; i < HT_ARRAY_LEN(differing); i++) {
        if (differing[i].link_type == link_type) {
            return differing[i].dlt;
        }
    }
    return link_type;
}

static bool compile(struct program *out, const char *expression, uint16_t link_type,
                    struct ht_error *error)
{
    pcap_t *dead = pcap_open_dead(ht_link_to_dlt(link_type), MAX_SNAPLEN);
    if (dead == NULL) {
        return ht_fail(error, "filter: no memory");
    }
    *out         = (struct program){.link_type = link_type};
    out->refused = pcap_compile(dead, &out->code, expression, 1, PCAP_NETMASK_UNKNOWN) != 0;
    if (out->refused) {
        ht_fail(error, "filter '%s': %s", expression, pcap_geterr(dead));
    }
    pcap_close(dead);
    return !out->refused;
}

struct ht_filter *ht_filter_open(const char *expression, struct ht_error *error)
{
    struct ht_filter *filter = calloc(1, sizeof *filter);
    char *copy               = strdup(expression);
    if (filter == NULL || copy == NULL) {
        ht_fail(error, "filter: no memory");
        free(filter);
        free(copy);
        return NULL;
    }
    filter->expression   = copy;
    filter->last         = &filter->programs[0];
    filter->num_programs = 1;
    if (!compile(filter->last, expression, HT_LINK_ETHERNET, error)) {
        ht_filter_close(filter);
        return NULL;
    }
    return filter;
}

static struct program *find_program(struct ht_filter *filter, uint16_t link_type)
{
    for (size_t i = 0; i < filter->num_programs; i++) {
        if (filter->programs[i].link_type == link_type) {
            return &filter->programs[i];
        }
    }
    struct program *program = NULL;
    if (filter->num_programs < MAX_PROGRAMS) {
        program = &filter->programs[filter->num_programs++];
    } else {
        program              = &filter->programs[filter->next_evicted];
        filter->next_evicted = (filter->next_evicted + 1) % MAX_PROGRAMS;
        pcap_freecode(&program->code);
    }
    (void)compile(program, filter->expression, link_type, NULL);
    return program;
}

bool ht_filter_match(struct ht_filter *filter, const struct ht_frame *frame)
{
    struct program *program = filter->last;
    if (program->link_type != frame->link_type) {
        program      = find_program(filter, frame->link_type);
        filter->last = program;
    }
    if (program->refused) {
        return false;
    }
    struct pcap_pkthdr header = {.caplen = (bpf_u_int32)frame->data.len,
                                 .len    = frame->original_len};
    return pcap_offline_filter(&program->code, &header, frame->data.ptr) != 0;
}

void ht_filter_close(struct ht_filter *filter)
{
    if (filter == NULL) {
        return;
    }
    for (size_t i = 0; i < filter->num_programs; i++) {
        pcap_freecode(&filter->programs[i].code);
    }
    free(filter->expression);
    free(filter);
}
