/*
 * Interfaces. Who may make a network namespace of his own gets TAP interfaces in it (Linux,
 * Documentation/networking/tuntap.rst): what is written to the file of one arrives on it as a
 * frame, and when the file is closed, it is gone.
 */
#include "support.h"

#include "capture/source.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAYLOAD = 42, MAX_NOTICES = 8, PATIENCE = 10 /* times 100 ms */ };

/* Who may not capture is told that, and who may that there is no such interface. */
static void says_why_it_cannot_open(void **state)
{
    (void)state;
    struct ht_error error;
    const struct ht_live_options options = {.snaplen = 96};
    assert_null(ht_live_open("no-interface0", &options, &error));
    const char *start = "no-interface0: ";
    assert_memory_equal(error.text, start, strlen(start));
    assert_true(strstr(error.text, "CAP_NET_RAW") != NULL || strstr(error.text, "-D") != NULL);
}

static void lists_interfaces(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len = 0;
    FILE *out  = open_memstream(&text, &len);
    struct ht_error error;
    bool some = ht_interfaces_print(out, &error);
    assert_int_equal(fclose(out), 0);
    assert_true(some ? len > 0 && text[len - 1] == '\n' : error.text[0] != '\0');
    free(text);
}

/* ask_interface is ioctl on an interface, by name. */
static void ask_interface(const char *name, unsigned long request, struct ifreq *about)
{
    int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    (void)snprintf(about->ifr_name, sizeof about->ifr_name, "%s", name);
    assert_int_equal(ioctl(any, request, about), 0);
    (void)close(any);
}

static void set_up(const char *name, bool up)
{
    struct ifreq about = {0};
    ask_interface(name, SIOCGIFFLAGS, &about);
    about.ifr_flags = (short)(up ? about.ifr_flags | IFF_UP : about.ifr_flags & ~IFF_UP);
    ask_interface(name, SIOCSIFFLAGS, &about);
}

/* make_tap makes an interface (`kind`: IFF_TAP, or IFF_TUN, which has no Ethernet) that is there
 * until the file is closed. */
static int make_tap(const char *name, short kind)
{
    struct ifreq about = {.ifr_flags = (short)(kind | IFF_NO_PI)};
    int file           = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    (void)snprintf(about.ifr_name, sizeof about.ifr_name, "%s", name);
    assert_true(file >= 0);
    assert_int_equal(ioctl(file, TUNSETIFF, &about), 0);
    set_up(name, true);
    return file;
}

/* send_frame makes a UDP datagram between documentation addresses (RFC 5737) arrive: of
 * conversation `number`, in this direction or the other, `len` bytes long with `fill` in its
 * payload. */
static void send_frame(int tap, unsigned number, bool back, size_t len, uint8_t fill)
{
    uint8_t frame[2048]  = {[12] = 8, [14] = 0x45, [22] = 64, [23] = 17};
    const uint8_t here[] = {192, 0, 2, (uint8_t)number}, there[] = {198, 51, 100, 7};
    assert_in_range(len, PAYLOAD, sizeof frame);
    memset(frame, 2, 12);
    memset(frame + PAYLOAD, fill, len - PAYLOAD);
    frame[16]              = (uint8_t)((len - 14) >> 8);
    frame[17]              = (uint8_t)(len - 14);
    frame[38]              = (uint8_t)((len - 34) >> 8);
    frame[39]              = (uint8_t)(len - 34);
    const unsigned ports[] = {1024 + number / 256, 9};
    memcpy(frame + 26, back ? there : here, 4);
    memcpy(frame + 30, back ? here : there, 4);
    for (size_t i = 0; i < 2; i++) {
        frame[34 + 2 * i] = (uint8_t)(ports[back ? 1 - i : i] >> 8);
        frame[35 + 2 * i] = (uint8_t)ports[back ? 1 - i : i];
    }
    assert_int_equal(write(tap, frame, len), len);
}

/* Which conversation a frame of send_frame is of. */
static unsigned number_of(const struct ht_frame *frame)
{
    const uint8_t *f = frame->data.ptr;
    bool back        = f[26] == 198;
    unsigned port    = back ? f[36] * 256U + f[37] : f[34] * 256U + f[35];
    return (port - 1024) * 256 + (back ? f[33] : f[29]);
}

struct notices {
    char text[MAX_NOTICES][128];
    size_t num;
};

static void keep_notice(void *context, const char *text)
{
    struct notices *notices = context;
    assert_in_range(notices->num, 0, MAX_NOTICES - 1);
    (void)snprintf(notices->text[notices->num++], sizeof notices->text[0], "%s", text);
}

static struct ht_source *open_live(const char *interfaces, const struct ht_live_options *options)
{
    struct ht_error error;
    struct ht_source *source = ht_live_open(interfaces, options, &error);
    if (source == NULL) {
        fail_msg("%s", error.text);
    }
    return source;
}

/* read_frame waits for the next frame, for as long as PATIENCE says. */
static enum ht_read read_frame(struct ht_source *source, struct ht_frame *out)
{
    struct ht_error error;
    enum ht_read read = HT_READ_AGAIN;
    for (int i = 0; i < PATIENCE && read == HT_READ_AGAIN; i++) {
        read = ht_source_next(source, out, &error);
    }
    return read;
}

static enum ht_read read_once(struct ht_source *source)
{
    struct ht_error error;
    struct ht_frame frame;
    return ht_source_next(source, &frame, &error);
}

static const struct ht_live_options only_ours = {.filter = "udp port 9", .buffer_bytes = 1 << 20};

/* A namespace of its own for this process; the tests are skipped where that is not granted. */
static int enter_namespace(void **state)
{
    static const char *const refused = "";
    int tun                          = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    *state                           = NULL;
    if (tun < 0 || unshare(CLONE_NEWNET) != 0) {
        print_message("no network namespace or no TAP interfaces here: %s\n", strerror(errno));
        *state = (void *)(uintptr_t)refused;
    }
    (void)close(tun);
    return 0;
}

static void skip_where_refused(void **state)
{
    if (*state != NULL) {
        skip();
    }
}

static void check_frame(const struct ht_frame *frame, unsigned n)
{
    assert_int_equal(frame->number, n + 1);
    assert_int_equal(frame->link_type, HT_LINK_ETHERNET);
    assert_int_equal(frame->interface, 0);
    assert_int_equal(frame->data.len, PAYLOAD + n % 1000);
    assert_int_equal(frame->original_len, frame->data.len);
    assert_int_equal(number_of(frame), n);
    for (size_t at = PAYLOAD; at < frame->data.len; at++) {
        assert_int_equal(frame->data.ptr[at], (uint8_t)n);
    }
}

static void frames_come_whole_and_in_order(void **state)
{
    skip_where_refused(state);
    enum { ROUND = 300 /* frames, for which the small ring has room */ };
    int tap                  = make_tap("tap0", IFF_TAP);
    struct ht_source *source = open_live("tap0", &only_ours);
    for (unsigned i = 0, read = 0; i < 10 * ROUND; i++) {
        send_frame(tap, i, false, PAYLOAD + i % 1000, (uint8_t)i);
        for (; i % ROUND == ROUND - 1 && read <= i; read++) {
            struct ht_frame frame;
            assert_int_equal(read_frame(source, &frame), HT_READ_FRAME);
            check_frame(&frame, read);
        }
    }
    ht_source_count(source);
    assert_int_equal(source->dropped, 0);
    ht_source_close(source);
    (void)close(tap);
}

static void the_snapshot_length_cuts(void **state)
{
    skip_where_refused(state);
    int tap                              = make_tap("tap0", IFF_TAP);
    const struct ht_live_options options = {
        .filter = "udp port 9", .snaplen = 96, .immediate = true};
    struct ht_source *source = open_live("tap0", &options);
    struct ht_frame frame;
    send_frame(tap, 1, false, 1000, 0);
    assert_int_equal(read_frame(source, &frame), HT_READ_FRAME);
    assert_int_equal(frame.data.len, 96);
    assert_int_equal(frame.original_len, 1000);
    ht_source_close(source);
    (void)close(tap);
}

static void several_interfaces_are_read_together(void **state)
{
    skip_where_refused(state);
    int taps[]               = {make_tap("tap0", IFF_TAP), make_tap("tap1", IFF_TAP)};
    struct ht_source *source = open_live("tap0,tap1", &only_ours);
    assert_string_equal(source->name, "tap0,tap1");
    assert_int_equal(source->num_interfaces, 2);
    assert_string_equal(source->interfaces[0], "tap0");
    assert_string_equal(source->interfaces[1], "tap1");
    for (unsigned i = 0; i < 100; i++) {
        send_frame(taps[i % 3 == 0], i, false, 60, 0);
    }
    (void)usleep(300000); /* until the kernel has handed both blocks over */
    int64_t last_ns = 0;
    for (unsigned i = 0; i < 100; i++) {
        struct ht_frame frame;
        assert_int_equal(read_frame(source, &frame), HT_READ_FRAME);
        assert_int_equal(frame.number, i + 1);
        assert_int_equal(number_of(&frame), i);
        assert_int_equal(frame.interface, i % 3 == 0);
        assert_true(frame.time_ns >= last_ns);
        last_ns = frame.time_ns;
    }
    ht_source_close(source);
    (void)close(taps[0]);
    (void)close(taps[1]);
}

static void what_the_ring_cannot_hold_is_counted(void **state)
{
    skip_where_refused(state);
    enum { SENT = 20000 };
    int tap                  = make_tap("tap0", IFF_TAP);
    struct ht_source *source = open_live("tap0", &only_ours);
    uint64_t seen            = 0;
    for (unsigned i = 0; i < SENT; i++) {
        send_frame(tap, i, false, 1000, (uint8_t)i);
    }
    for (struct ht_frame frame; seen < SENT && read_frame(source, &frame) == HT_READ_FRAME;) {
        seen++;
        assert_int_equal(frame.data.ptr[999], (uint8_t)number_of(&frame));
    }
    ht_source_count(source);
    assert_in_range(source->dropped, 1, SENT - 1);
    assert_int_equal(seen + source->dropped, SENT);
    assert_int_equal(source->interface_dropped, 0);
    ht_source_count(source);
    assert_int_equal(seen + source->dropped, SENT);
    ht_source_close(source);
    (void)close(tap);
}

static void an_interface_goes_down_and_comes_up(void **state)
{
    skip_where_refused(state);
    int tap                  = make_tap("tap0", IFF_TAP);
    struct ht_source *source = open_live("tap0", &only_ours);
    struct ht_frame frame;
    for (unsigned i = 0; i < 3; i++) {
        send_frame(tap, i, false, 60, 0);
        assert_int_equal(read_frame(source, &frame), HT_READ_FRAME);
        assert_int_equal(number_of(&frame), i);
        set_up("tap0", false);
        for (int n = 0; n < 3; n++) {
            assert_int_equal(read_once(source), HT_READ_AGAIN);
        }
        set_up("tap0", true);
        assert_int_equal(read_once(source), HT_READ_AGAIN);
    }
    ht_source_close(source);
    (void)close(tap);
}

static void a_removed_interface_is_waited_for(void **state)
{
    skip_where_refused(state);
    struct notices notices         = {0};
    int tap                        = make_tap("tap0", IFF_TAP);
    struct ht_live_options options = only_ours;
    options.notice                 = keep_notice;
    options.notice_context         = &notices;
    struct ht_source *source       = open_live("tap0", &options);
    for (unsigned i = 0; i < 3; i++) {
        (void)close(tap);
        for (int n = 0; n < 3; n++) {
            assert_int_equal(read_once(source), HT_READ_AGAIN);
        }
        tap = make_tap("tap0", IFF_TAP);
        assert_int_equal(read_once(source), HT_READ_AGAIN);
        struct ht_frame frame;
        send_frame(tap, i, false, 60, 0);
        assert_int_equal(read_frame(source, &frame), HT_READ_FRAME);
        assert_int_equal(number_of(&frame), i);
        assert_int_equal(notices.num, 2);
        assert_string_equal(notices.text[0],
                            "tap0: the interface is gone; waiting for it to come back");
        assert_string_equal(notices.text[1], "tap0: the interface is back");
        notices.num = 0;
    }
    ht_source_close(source);
    (void)close(tap);
}

/* Its frames would be misread. */
static void one_that_comes_back_as_another_kind_ends(void **state)
{
    skip_where_refused(state);
    struct ht_error error = {0};
    struct ht_frame frame;
    int taps[]                     = {make_tap("tap0", IFF_TAP), make_tap("tap1", IFF_TAP)};
    struct ht_source *both         = open_live("tap0,tap1", &only_ours);
    struct notices notices         = {0};
    struct ht_live_options options = only_ours;
    options.notice                 = keep_notice;
    options.notice_context         = &notices;
    struct ht_source *one          = open_live("tap0", &options);
    (void)close(taps[0]);
    assert_int_equal(read_once(both), HT_READ_AGAIN);
    assert_int_equal(read_once(one), HT_READ_AGAIN);
    assert_int_equal(read_once(one), HT_READ_AGAIN);
    taps[0] = make_tap("tap0", IFF_TUN);
    assert_int_equal(ht_source_next(one, &frame, &error), HT_READ_ERROR);
    assert_string_equal(error.text, "tap0: there is nothing left to listen to");
    assert_string_equal(notices.text[notices.num - 1],
                        "tap0: the interface came back as one of another kind");
    send_frame(taps[1], 5, false, 60, 0);
    assert_int_equal(read_frame(both, &frame), HT_READ_FRAME);
    assert_int_equal(frame.interface, 1);
    ht_source_close(both);
    ht_source_close(one);
    (void)close(taps[0]);
    (void)close(taps[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_why_it_cannot_open),
        cmocka_unit_test(lists_interfaces),
    };
    const struct CMUnitTest taps[] = {
        cmocka_unit_test(frames_come_whole_and_in_order),
        cmocka_unit_test(the_snapshot_length_cuts),
        cmocka_unit_test(several_interfaces_are_read_together),
        cmocka_unit_test(what_the_ring_cannot_hold_is_counted),
        cmocka_unit_test(an_interface_goes_down_and_comes_up),
        cmocka_unit_test(a_removed_interface_is_waited_for),
        cmocka_unit_test(one_that_comes_back_as_another_kind_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) +
           cmocka_run_group_tests(taps, enter_namespace, NULL);
}
