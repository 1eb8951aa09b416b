#include "capture/tap.h"

#include "base/time.h"
#include "capture/link.h"

#include <errno.h>
#include <limits.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <pcap/pcap.h>

enum {
    LARGEST_SNAPLEN = 262144,             /* libpcap's: holds any frame, offloaded ones too */
    DEFAULT_BUFFER  = 64 * 1024 * 1024,   /* rides out half a second at 1 Gbit/s */
    BLOCK_MS        = 100,                /* after which a block is handed over unfilled */
    BATCH_FRAMES    = 1024,               /* or as many as fit into … */
    BATCH_BYTES     = 2 * LARGEST_SNAPLEN /* so that one of any size always does */
};

struct ht_tap_frame {
    int64_t time_ns;
    size_t offset;
    uint32_t len, original_len;
};

static bool fail_missing(const char *name, struct ht_error *error)
{
    return ht_fail(error, "%s: no such interface; -D lists those that there are", name);
}

static bool fail_activate(pcap_t *handle, int status, const char *name, struct ht_error *error)
{
    switch (status) {
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        return ht_fail(error,
                       "%s: no permission to capture: run as root, or give the program the "
                       "capability CAP_NET_RAW",
                       name);
    case PCAP_ERROR_NO_SUCH_DEVICE:
        return fail_missing(name, error);
    case PCAP_ERROR_IFACE_NOT_UP:
        return ht_fail(error, "%s: the interface is not up", name);
    default:
        break;
    }
    const char *detail = pcap_geterr(handle);
    return ht_fail(error, "%s: %s", name, detail[0] != '\0' ? detail : pcap_statustostr(status));
}

static bool set_filter(const struct ht_tap *tap, const char *filter, struct ht_error *error)
{
    struct bpf_program code;
    if (pcap_compile(tap->handle, &code, filter, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        return ht_fail(error, "filter '%s': %s", filter, pcap_geterr(tap->handle));
    }
    bool set = pcap_setfilter(tap->handle, &code) == 0;
    pcap_freecode(&code);
    return set ||
           ht_fail(error, "%s: filter '%s': %s", tap->name, filter, pcap_geterr(tap->handle));
}

/* Settings that a platform does not have (nanoseconds) or refuses are left at its own. */
static bool activate(struct ht_tap *tap, const struct ht_live_options *options,
                     struct ht_error *error)
{
    size_t buffer = options->buffer_bytes > 0 ? options->buffer_bytes : DEFAULT_BUFFER;
    (void)pcap_set_snaplen(tap->handle, (int)tap->snaplen);
    (void)pcap_set_promisc(tap->handle, tap->promiscuous);
    (void)pcap_set_timeout(tap->handle, BLOCK_MS);
    (void)pcap_set_immediate_mode(tap->handle, options->immediate);
    (void)pcap_set_buffer_size(tap->handle, buffer < INT_MAX ? (int)buffer : INT_MAX);
    (void)pcap_set_tstamp_precision(tap->handle, PCAP_TSTAMP_PRECISION_NANO);
    int status = pcap_activate(tap->handle);
    if (status < 0) {
        return fail_activate(tap->handle, status, tap->name, error);
    }
    char reason[PCAP_ERRBUF_SIZE];
    return pcap_setnonblock(tap->handle, 1, reason) == 0 ||
           ht_fail(error, "%s: %s", tap->name, reason);
}

/* Asks for what `request` (SIOCGIF…) names, about the interface that now has the tap's name. */
static bool ask_interface(const struct ht_tap *tap, unsigned long request, struct ifreq *out)
{
    *out = (struct ifreq){0};
    strncpy(out->ifr_name, tap->name, sizeof out->ifr_name - 1);
    return ioctl(pcap_fileno(tap->handle), request, out) == 0;
}

bool ht_tap_open(struct ht_tap *tap, const char *name, const struct ht_live_options *options,
                 struct ht_error *error)
{
    char reason[PCAP_ERRBUF_SIZE];
    *tap = (struct ht_tap){.name = name};
    if (!ht_interfaces_has(name)) { /* libpcap would look for other devices of that name */
        return fail_missing(name, error);
    }
    bool cut = options->snaplen > 0 && options->snaplen < LARGEST_SNAPLEN;
    *tap     = (struct ht_tap){.name        = name,
                               .snaplen     = cut ? options->snaplen : LARGEST_SNAPLEN,
                               .promiscuous = !options->no_promiscuous,
                               .handle      = pcap_create(name, reason),
                               .frames      = calloc(BATCH_FRAMES, sizeof *tap->frames),
                               .bytes       = malloc(BATCH_BYTES)};
    if (tap->handle == NULL) {
        return ht_fail(error, "%s: %s", name, reason);
    }
    if (tap->frames == NULL || tap->bytes == NULL) {
        return ht_fail(error, "%s: no memory", name);
    }
    if (!activate(tap, options, error) ||
        (options->filter != NULL && !set_filter(tap, options->filter, error))) {
        return false;
    }
    struct ifreq about;
    bool nano      = pcap_get_tstamp_precision(tap->handle) == PCAP_TSTAMP_PRECISION_NANO;
    tap->tick_ns   = nano ? 1 : 1000;
    tap->link_type = ht_link_of_dlt(pcap_datalink(tap->handle));
    tap->hardware  = ask_interface(tap, SIOCGIFHWADDR, &about) ? about.ifr_hwaddr.sa_family : 0;
    return true;
}

void ht_tap_close(struct ht_tap *tap)
{
    if (tap->handle != NULL) {
        pcap_close(tap->handle);
    }
    free(tap->frames);
    free(tap->bytes);
}

/* pcap_handler */
static void keep_frame(u_char *user, const struct pcap_pkthdr *header, const u_char *data)
{
    struct ht_tap *tap             = (struct ht_tap *)(void *)user;
    tap->frames[tap->num_frames++] = (struct ht_tap_frame){
        .time_ns = (int64_t)header->ts.tv_sec * HT_SECOND_NS + header->ts.tv_usec * tap->tick_ns,
        .offset  = tap->num_bytes,
        .len     = header->caplen,
        .original_len = header->len > header->caplen ? header->len : header->caplen};
    memcpy(tap->bytes + tap->num_bytes, data, header->caplen);
    tap->num_bytes += header->caplen;
    if (tap->num_bytes + tap->snaplen > BATCH_BYTES) {
        pcap_breakloop(tap->handle);
    }
}

static void notify(const struct ht_tap *tap, const struct ht_live_options *options,
                   const char *what)
{
    struct ht_error text;
    (void)ht_fail(&text, "%s: %s", tap->name, what);
    if (options->notice != NULL) {
        options->notice(options->notice_context, text.text);
    }
}

static bool is_bound(const struct ht_tap *tap)
{
    struct sockaddr_ll address = {0};
    socklen_t len              = sizeof address;
    return getsockname(pcap_fileno(tap->handle), (struct sockaddr *)&address, &len) == 0 &&
           address.sll_ifindex >= 0;
}

static void end_tap(struct ht_tap *tap, const struct ht_live_options *options, const char *why)
{
    tap->state = HT_TAP_ENDED;
    notify(tap, options, why);
}

/* The kernel unbinds the socket when the interface is removed, and binds it again by itself when
 * one that only went down is up again; libpcap sees to the latter. */
static void lose_interface(struct ht_tap *tap, const struct ht_live_options *options)
{
    struct ifreq about;
    if (is_bound(tap) && ask_interface(tap, SIOCGIFINDEX, &about)) {
        end_tap(tap, options, pcap_geterr(tap->handle));
        return;
    }
    tap->state = HT_TAP_GONE;
    notify(tap, options, "the interface is gone; waiting for it to come back");
}

static bool bind_to(const struct ht_tap *tap, int index)
{
    const struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_ifindex = index, .sll_protocol = htons(ETH_P_ALL)};
    return bind(pcap_fileno(tap->handle), (const struct sockaddr *)&address, sizeof address) == 0;
}

static bool set_promiscuous(const struct ht_tap *tap, int index)
{
    const struct packet_mreq member = {.mr_ifindex = index, .mr_type = PACKET_MR_PROMISC};
    return setsockopt(pcap_fileno(tap->handle), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &member,
                      sizeof member) == 0;
}

/* Binding a packet socket that one has takes no privilege, unlike opening another. */
static void find_interface(struct ht_tap *tap, const struct ht_live_options *options)
{
    struct ifreq index, about;
    if (!ask_interface(tap, SIOCGIFINDEX, &index) || !ask_interface(tap, SIOCGIFHWADDR, &about)) {
        return;
    }
    if (about.ifr_hwaddr.sa_family != tap->hardware) {
        end_tap(tap, options, "the interface came back as one of another kind");
    } else if (bind_to(tap, index.ifr_ifindex)) {
        bool whole = !tap->promiscuous || set_promiscuous(tap, index.ifr_ifindex);
        tap->state = HT_TAP_OPEN;
        notify(tap, options,
               whole ? "the interface is back"
                     : "the interface is back, but not in promiscuous mode");
    } else if (errno != ENODEV && errno != ENETDOWN) {
        end_tap(tap, options, strerror(errno));
    }
}

/* "any" has no flags, and is never down. While an interface goes down it first has no carrier. */
static void watch_interface(struct ht_tap *tap, const struct ht_live_options *options)
{
    enum { WORKS = IFF_UP | IFF_RUNNING };
    struct ifreq about;
    if (!ask_interface(tap, SIOCGIFFLAGS, &about)) {
        return;
    }
    bool down = (about.ifr_flags & WORKS) != WORKS;
    if (down != tap->down) {
        tap->down = down;
        notify(tap, options,
               down ? "the interface is down, or without a carrier; waiting for it"
                    : "the interface is up");
    }
}

void ht_tap_fill(struct ht_tap *tap, const struct ht_live_options *options)
{
    tap->num_frames = tap->next_frame = tap->num_bytes = 0;
    if (tap->state == HT_TAP_GONE) {
        find_interface(tap, options);
    }
    if (tap->state != HT_TAP_OPEN) {
        return;
    }
    int result = pcap_dispatch(tap->handle, BATCH_FRAMES, keep_frame, (u_char *)tap);
    if (result < 0 && result != PCAP_ERROR_BREAK) {
        lose_interface(tap, options);
    } else if (tap->num_frames == 0) {
        watch_interface(tap, options);
    }
}

int64_t ht_tap_time(const struct ht_tap *tap)
{
    return tap->frames[tap->next_frame].time_ns;
}

void ht_tap_take(struct ht_tap *tap, struct ht_frame *out)
{
    const struct ht_tap_frame *frame = &tap->frames[tap->next_frame++];
    *out                             = (struct ht_frame){.time_ns      = frame->time_ns,
                                                         .data         = ht_bytes(tap->bytes + frame->offset, frame->len),
                                                         .original_len = frame->original_len,
                                                         .link_type    = tap->link_type};
}

int ht_tap_descriptor(const struct ht_tap *tap)
{
    return tap->state == HT_TAP_OPEN ? pcap_get_selectable_fd(tap->handle) : -1;
}

/* libpcap's counters have 32 bits and run over. That of the interface is read from a file, which
 * may be out of reach in a sandbox or be that of another interface: then it may also go back. */
static uint32_t advance(uint32_t *seen, uint32_t now)
{
    uint32_t more = now - *seen;
    *seen         = now;
    return more <= INT32_MAX ? more : 0;
}

void ht_tap_count(struct ht_tap *tap)
{
    struct pcap_stat stat;
    if (pcap_stats(tap->handle, &stat) == 0) {
        tap->dropped += advance(&tap->seen_dropped, stat.ps_drop);
        tap->interface_dropped += advance(&tap->seen_interface_dropped, stat.ps_ifdrop);
    }
}
