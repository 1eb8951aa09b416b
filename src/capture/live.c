/*
 * Frames from an interface, by libpcap.
 */
#include "capture/link.h"
#include "capture/source.h"

#include "base/time.h"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <pcap/pcap.h>

enum {
    DEFAULT_SNAPLEN   = 262144, /* libpcap's largest: holds any frame, offloaded ones too */
    KERNEL_BUFFER     = 16 * 1024 * 1024, /* rides out a busy moment of some 100 ms at 1 Gbit/s */
    WAIT_MS           = 100,              /* so that the caller can look at its signals */
    FRAMES_PER_UPDATE = 4096 /* of the count of dropped frames: it costs a system call */
};

struct live {
    struct ht_source source;
    pcap_t *handle; /* owned */
    uint64_t frames;
    int64_t tick_ns; /* what the second half of a time stamp counts */
    uint16_t link_type;
};

static void update_dropped(struct live *live)
{
    struct pcap_stat stat;
    if (pcap_stats(live->handle, &stat) == 0) {
        live->source.dropped = (uint64_t)stat.ps_drop + stat.ps_ifdrop;
    }
}

/* Waits for frames; false where none came or a signal did. libpcap's own waiting goes on after a
 * signal, and on Linux for as long as the interface is silent. */
static bool wait_for_frames(struct live *live)
{
    struct pollfd wait = {.fd = pcap_get_selectable_fd(live->handle), .events = POLLIN};
    return poll(&wait, 1, WAIT_MS) > 0;
}

static enum ht_read live_next(struct ht_source *source, struct ht_frame *out,
                              struct ht_error *error)
{
    struct live *live          = (struct live *)source;
    struct pcap_pkthdr *header = NULL;
    const uint8_t *data        = NULL;
    int result                 = pcap_next_ex(live->handle, &header, &data);
    if (result == 0) {
        update_dropped(live);
        result = wait_for_frames(live) ? pcap_next_ex(live->handle, &header, &data) : 0;
    }
    if (result == 0) {
        return HT_READ_AGAIN;
    }
    if (result != 1) {
        ht_fail(error, "%s: %s", source->name, pcap_geterr(live->handle));
        return HT_READ_ERROR;
    }
    *out = (struct ht_frame){
        .number  = ++live->frames,
        .time_ns = (int64_t)header->ts.tv_sec * HT_SECOND_NS + header->ts.tv_usec * live->tick_ns,
        .data    = ht_bytes(data, header->caplen),
        .original_len = header->len > header->caplen ? header->len : header->caplen,
        .link_type    = live->link_type};
    source->read_bytes += header->caplen;
    if (live->frames % FRAMES_PER_UPDATE == 0) {
        update_dropped(live);
    }
    return HT_READ_FRAME;
}

static void live_close(struct ht_source *source)
{
    struct live *live = (struct live *)source;
    pcap_close(live->handle);
    free(live);
}

static const struct ht_source_ops live_ops = {.next = live_next, .close = live_close};

static bool fail_activate(pcap_t *handle, int status, const char *interface, struct ht_error *error)
{
    switch (status) {
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        return ht_fail(error,
                       "%s: no permission to capture: run as root, or give the program the "
                       "capability CAP_NET_RAW",
                       interface);
    case PCAP_ERROR_NO_SUCH_DEVICE:
        return ht_fail(error, "%s: no such interface; -D lists those that there are", interface);
    case PCAP_ERROR_IFACE_NOT_UP:
        return ht_fail(error, "%s: the interface is not up", interface);
    default:
        break;
    }
    const char *detail = pcap_geterr(handle);
    return ht_fail(error, "%s: %s", interface,
                   detail[0] != '\0' ? detail : pcap_statustostr(status));
}

static bool set_filter(pcap_t *handle, const char *filter, const char *interface,
                       struct ht_error *error)
{
    struct bpf_program code;
    if (pcap_compile(handle, &code, filter, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        return ht_fail(error, "filter '%s': %s", filter, pcap_geterr(handle));
    }
    bool set = pcap_setfilter(handle, &code) == 0;
    pcap_freecode(&code);
    return set || ht_fail(error, "%s: filter '%s': %s", interface, filter, pcap_geterr(handle));
}

/* Settings that a platform does not have (nanoseconds) or refuses are left at its own. */
static bool activate(pcap_t *handle, const char *interface, const struct ht_live_options *options,
                     struct ht_error *error)
{
    (void)pcap_set_snaplen(handle, (int)(options->snaplen > 0 && options->snaplen < DEFAULT_SNAPLEN
                                             ? options->snaplen
                                             : DEFAULT_SNAPLEN));
    (void)pcap_set_promisc(handle, options->no_promiscuous ? 0 : 1);
    (void)pcap_set_timeout(handle, WAIT_MS);
    (void)pcap_set_buffer_size(handle, KERNEL_BUFFER);
    (void)pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO);
    int status = pcap_activate(handle);
    if (status < 0) {
        return fail_activate(handle, status, interface, error);
    }
    char reason[PCAP_ERRBUF_SIZE];
    if (pcap_setnonblock(handle, 1, reason) != 0) {
        return ht_fail(error, "%s: %s", interface, reason);
    }
    return options->filter == NULL || set_filter(handle, options->filter, interface, error);
}

struct ht_source *ht_live_open(const char *interface, const struct ht_live_options *options,
                               struct ht_error *error)
{
    char reason[PCAP_ERRBUF_SIZE];
    pcap_t *handle = pcap_create(interface, reason);
    if (handle == NULL) {
        ht_fail(error, "%s: %s", interface, reason);
        return NULL;
    }
    struct live *live = calloc(1, sizeof *live);
    if (live == NULL || !activate(handle, interface, options, error)) {
        if (live == NULL) {
            ht_fail(error, "%s: no memory", interface);
        }
        pcap_close(handle);
        free(live);
        return NULL;
    }
    bool nano       = pcap_get_tstamp_precision(handle) == PCAP_TSTAMP_PRECISION_NANO;
    live->source    = (struct ht_source){.ops = &live_ops, .name = interface};
    live->handle    = handle;
    live->tick_ns   = nano ? 1 : 1000;
    live->link_type = ht_link_of_dlt(pcap_datalink(handle));
    return &live->source;
}

static void print_addresses(FILE *out, const pcap_addr_t *list)
{
    const char *separator = "  ";
    for (const pcap_addr_t *each = list; each != NULL; each = each->next) {
        char text[NI_MAXHOST];
        int family = each->addr != NULL ? each->addr->sa_family : AF_UNSPEC;
        size_t len = family == AF_INET    ? sizeof(struct sockaddr_in)
                     : family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                          : 0;
        if (len > 0 && getnameinfo(each->addr, (socklen_t)len, text, sizeof text, NULL, 0,
                                   NI_NUMERICHOST) == 0) {
            fprintf(out, "%s%s", separator, text);
            separator = ", ";
        }
    }
}

bool ht_interfaces_print(FILE *out, struct ht_error *error)
{
    char reason[PCAP_ERRBUF_SIZE];
    pcap_if_t *all = NULL;
    if (pcap_findalldevs(&all, reason) != 0) {
        return ht_fail(error, "interfaces cannot be listed: %s", reason);
    }
    for (const pcap_if_t *each = all; each != NULL; each = each->next) {
        fprintf(out, "%s", each->name);
        print_addresses(out, each->addresses);
        if (each->description != NULL) {
            fprintf(out, "  (%s)", each->description);
        }
        fprintf(out, "\n");
    }
    bool some = all != NULL;
    pcap_freealldevs(all);
    return some || ht_fail(error, "no interface can be captured on: run as root, or give the "
                                  "program the capability CAP_NET_RAW");
}
