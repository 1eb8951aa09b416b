/*
 * The filter of system calls: what an intruder would do is refused, what the program does works.
 */
#include "under.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include <seccomp.h>

static const struct ht_sandbox_config nothing = {0};

static const char *const readable[]           = {"/dev/null"};
static const struct ht_sandbox_config offline = {
    .readable = readable, .num_readable = 1, .may_start_threads = true};

/* What only an intruder does. Each works, or fails otherwise, without the sandbox. */

static int do_execve(void)
{
    char name[]             = "true";
    char *const arguments[] = {name, NULL};
    return result(execve("/bin/true", arguments, NULL));
}

static int do_socket(void)
{
    return result(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int do_unix_socket(void)
{
    return result(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

static int do_connect(void)
{
    const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/x"};
    return result(connect(0, (const struct sockaddr *)&address, sizeof address));
}

static int do_mount(void)
{
    return result(mount("none", "/tmp", "tmpfs", 0, NULL));
}

static int do_setuid(void)
{
    return result(setuid(0));
}

static int do_unshare(void)
{
    return result(syscall(SYS_unshare, 0));
}

static int do_bpf(void)
{
    return result(syscall(SYS_bpf, 0, NULL, 0));
}

static int do_init_module(void)
{
    return result(syscall(SYS_init_module, NULL, 0, ""));
}

static int do_keyctl(void)
{
    return result(syscall(SYS_keyctl, 0, 0, 0, 0, 0));
}

static void what_only_an_intruder_does_kills(void **state)
{
    (void)state;
    int (*const actions[])(void) = {do_execve,      do_socket, do_unix_socket, do_connect,
                                    do_mount,       do_setuid, do_unshare,     do_bpf,
                                    do_init_module, do_keyctl};
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        assert_killed(run_under(&nothing, actions[i]));
        assert_killed(run_under(&offline, actions[i]));
    }
}

static int do_ptrace(void)
{
    return result(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

/* AddressSanitizer attaches to threads; other requests are refused there too. */
static void ptrace_is_refused(void **state)
{
    (void)state;
    const int status = run_under(&offline, do_ptrace);
    if (HT_FINDS_LEAKS) {
        assert_result(status, EPERM);
    } else {
        assert_killed(status);
    }
}

/* What is refused, and the program goes on. */

static int do_fork(void)
{
    const pid_t pid = fork();
    if (pid == 0) {
        _exit(0);
    }
    return result(pid);
}

static int do_signal_parent(void)
{
    return result(kill(getppid(), 0));
}

static int do_map_code(void)
{
    const void *page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page != MAP_FAILED ? 0 : errno;
}

static int do_make_code(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? 1 : result(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

static int do_type_into_terminal(void)
{
    return result(ioctl(0, TIOCSTI, "x"));
}

static int do_duplicate(void)
{
    return result(dup(0));
}

static int do_chmod(void)
{
    return result(chmod("/tmp/none", 0777));
}

static int do_raise_limit(void)
{
    return result(syscall(SYS_prlimit64, 0, 7, "0123456789abcdef", NULL));
}

static void what_is_not_on_the_list_is_refused(void **state)
{
    (void)state;
    int (*const actions[])(void) = {do_map_code,  do_make_code, do_type_into_terminal,
                                    do_duplicate, do_chmod,     do_raise_limit};
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        assert_result(run_under(&offline, actions[i]), EPERM);
    }
}

static void no_process_is_started(void **state)
{
    (void)state;
    not_with_leak_search();
    assert_result(run_under(&nothing, do_fork), EPERM);
    assert_result(run_under(&offline, do_fork), EPERM);
    assert_result(run_under(&offline, do_signal_parent), EPERM);
}

/* What the program does all the time. */

static int do_allocate(void)
{
    enum { SMALL = 10000, LARGE = 64 << 20 };
    static void *small[SMALL];
    for (size_t i = 0; i < SMALL; i++) {
        small[i] = malloc(16 + i % 1000);
        if (small[i] == NULL) {
            return errno;
        }
    }
    for (size_t i = 0; i < SMALL; i++) {
        free(small[i]);
    }
    char *large = malloc(LARGE);
    char *more  = large != NULL ? realloc(large, 2 * (size_t)LARGE) : NULL;
    if (more == NULL) {
        return errno;
    }
    memset(more, 1, 2 * (size_t)LARGE);
    free(more);
    return 0;
}

static int do_ask_the_time(void)
{
    struct timespec now;
    struct timespec moment = {.tv_nsec = 1000000};
    uint8_t random[16];
    char out[64];
    return clock_gettime(CLOCK_REALTIME, &now) == 0 && clock_gettime(CLOCK_MONOTONIC, &now) == 0 &&
                   clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0 &&
                   nanosleep(&moment, NULL) == 0 &&
                   getrandom(random, sizeof random, 0) == (ssize_t)sizeof random &&
                   snprintf(out, sizeof out, "%f %ld", 1.5, (long)now.tv_sec) > 0 &&
                   sysconf(_SC_NPROCESSORS_ONLN) > 0 && isatty(0) >= 0 && fcntl(1, F_GETFL) >= 0 &&
                   poll(NULL, 0, 1) == 0
               ? 0
               : 1;
}

static void no_action(int number)
{
    (void)number;
}

static int do_take_signals(void)
{
    const struct sigaction action = {.sa_handler = no_action};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    return sigaction(SIGTERM, &action, NULL) == 0 && raise(SIGTERM) == 0 &&
                   pthread_sigmask(SIG_BLOCK, &set, NULL) == 0 && raise(SIGHUP) == 0 &&
                   sigwaitinfo(&set, NULL) == SIGHUP
               ? 0
               : 1;
}

static void what_the_program_does_works(void **state)
{
    (void)state;
    assert_result(run_under(&nothing, do_allocate), 0);
    assert_result(run_under(&nothing, do_ask_the_time), 0);
    assert_result(run_under(&nothing, do_take_signals), 0);
}

static int do_abort(void)
{
    abort();
}

static void an_abort_is_an_abort(void **state)
{
    (void)state;
    const int status = run_under(&nothing, do_abort);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

/* exit, not _exit: what runs at exit works too, under AddressSanitizer the search for leaks. */
static int do_exit(void)
{
    exit(0);
}

static void exit_works(void **state)
{
    (void)state;
    assert_result(run_under(&nothing, do_exit), 0);
    assert_result(run_under(&offline, do_exit), 0);
}

/* Threads. */

struct shared {
    pthread_mutex_t lock;
    pthread_cond_t turned;
    int turn;
};

static void *take_turns(void *argument)
{
    struct shared *shared = argument;
    void *memory          = malloc(1 << 20); /* of an arena of its own */
    (void)pthread_mutex_lock(&shared->lock);
    while (shared->turn < 100) {
        shared->turn++;
        (void)pthread_cond_broadcast(&shared->turned);
        (void)pthread_cond_wait(&shared->turned, &shared->lock);
    }
    (void)pthread_cond_broadcast(&shared->turned);
    (void)pthread_mutex_unlock(&shared->lock);
    free(memory);
    return shared;
}

static int do_threads(void)
{
    struct shared shared           = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
    const struct timespec long_ago = {0};
    pthread_t threads[4];
    void *returned[4] = {NULL};
    for (size_t i = 0; i < 4; i++) {
        const int why = pthread_create(&threads[i], NULL, take_turns, &shared);
        if (why != 0) {
            return why;
        }
    }
    (void)pthread_setname_np(threads[0], "worker");
    (void)pthread_mutex_lock(&shared.lock);
    (void)pthread_cond_timedwait(&shared.turned, &shared.lock, &long_ago);
    (void)pthread_mutex_unlock(&shared.lock);
    for (size_t i = 0; i < 4; i++) {
        (void)pthread_join(threads[i], &returned[i]);
    }
    return returned[0] == &shared && returned[3] == &shared ? 0 : 1;
}

static void *try_socket(void *argument)
{
    (void)argument;
    (void)socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return NULL;
}

static int do_socket_in_thread(void)
{
    pthread_t thread;
    const int why = pthread_create(&thread, NULL, try_socket, NULL);
    return why != 0 ? why : pthread_join(thread, NULL);
}

static void threads_start_when_allowed_and_are_filtered(void **state)
{
    (void)state;
    assert_result(run_under(&offline, do_threads), 0);
    assert_killed(run_under(&offline, do_socket_in_thread));
    not_with_leak_search();
    assert_result(run_under(&nothing, do_threads), EPERM);
}

/* Sockets that are open. */

static int notify_pair[2];

static int do_notify(void)
{
    const struct sockaddr_un other = {.sun_family = AF_UNIX, .sun_path = "/run/x"};
    char got[8];
    if (send(notify_pair[0], "READY=1", 7, 0) != 7 || read(notify_pair[1], got, sizeof got) != 7) {
        return 1;
    }
    if (sendto(notify_pair[0], "x", 1, 0, (const struct sockaddr *)&other, sizeof other) != -1 ||
        errno != EPERM) {
        return 2;
    }
    return send(notify_pair[1], "x", 1, 0) == -1 && errno == EPERM ? 0 : 3;
}

static void the_notify_socket_sends_to_its_peer_only(void **state)
{
    struct ht_sandbox_config config = {0};
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, notify_pair), 0);
    config.notify_socket = notify_pair[0];
    assert_result(run_under(&config, do_notify), 0);
    (void)close(notify_pair[0]);
    (void)close(notify_pair[1]);
}

enum { ANY_FRAME = 64, MANY = 256 };

static int packet_socket;
static struct sockaddr_ll loopback;

/* A frame with no meaning, of an Ethernet type for experiments (0x88b5). */
static const uint8_t frame[ANY_FRAME] = {[12] = 0x88, [13] = 0xb5};

static int open_packet_socket(void)
{
    const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
    if (fd < 0) {
        print_message("skipped: no packet sockets: %s\n", strerror(errno));
        skip();
    }
    return fd;
}

static int do_receive(void)
{
    uint8_t got[256];
    struct tpacket_stats counts;
    socklen_t len             = sizeof counts;
    struct packet_mreq member = {.mr_ifindex = loopback.sll_ifindex, .mr_type = PACKET_MR_PROMISC};
    struct ifreq about        = {.ifr_name = "lo"};
    struct pollfd wait        = {.fd = packet_socket, .events = POLLIN};
    if (poll(&wait, 1, 1000) != 1 || recv(packet_socket, got, sizeof got, 0) <= 0) {
        return 1;
    }
    if (getsockopt(packet_socket, SOL_PACKET, PACKET_STATISTICS, &counts, &len) != 0 ||
        ioctl(packet_socket, SIOCGIFFLAGS, &about) != 0) {
        return 2;
    }
    return bind(packet_socket, (const struct sockaddr *)&loopback, sizeof loopback) == 0 &&
                   setsockopt(packet_socket, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &member,
                              sizeof member) == 0
               ? 0
               : 3;
}

static int do_write_packet(void)
{
    return result(write(packet_socket, frame, sizeof frame));
}

static int do_send_packet(void)
{
    return result(send(packet_socket, frame, sizeof frame, 0));
}

static int do_send_packet_to(void)
{
    return result(sendto(packet_socket, frame, sizeof frame, 0, (const struct sockaddr *)&loopback,
                         sizeof loopback));
}

static int do_make_ring(void)
{
    const struct tpacket_req ring = {4096, 1, 2048, 2};
    return result(setsockopt(packet_socket, SOL_PACKET, PACKET_RX_RING, &ring, sizeof ring));
}

/* The first write shows that without the sandbox it is sent. */
static void a_packet_socket_is_for_listening_only(void **state)
{
    (void)state;
    packet_socket = open_packet_socket();
    loopback      = (struct sockaddr_ll){.sll_family   = AF_PACKET,
                                         .sll_protocol = htons(ETH_P_ALL),
                                         .sll_ifindex  = (int)if_nametoindex("lo")};
    assert_int_equal(bind(packet_socket, (const struct sockaddr *)&loopback, sizeof loopback), 0);
    assert_int_equal(write(packet_socket, frame, sizeof frame), sizeof frame);
    assert_result(run_under(&offline, do_receive), 0);
    int (*const actions[])(void) = {do_write_packet, do_send_packet, do_send_packet_to,
                                    do_make_ring};
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        assert_result(run_under(&offline, actions[i]), EPERM);
    }
    (void)close(packet_socket);
}

/* A filter has a largest size: 256 sockets must fit. */
static void many_packet_sockets_are_too(void **state)
{
    (void)state;
    int fds[MANY];
    fds[0] = open_packet_socket();
    for (size_t i = 1; i < MANY; i++) {
        fds[i] = open_packet_socket();
    }
    packet_socket = fds[MANY - 1];
    assert_result(run_under(&offline, do_write_packet), EPERM);
    for (size_t i = 0; i < MANY; i++) {
        (void)close(fds[i]);
    }
}

/* A kernel without seccomp. */

static int do_enter_without_seccomp(void)
{
    struct ht_error error;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (filter == NULL ||
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(seccomp), 0) != 0 ||
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(prctl), 1,
                         SCMP_A0_32(SCMP_CMP_EQ, PR_SET_SECCOMP)) != 0 ||
        seccomp_load(filter) != 0) {
        return 1;
    }
    return !ht_sandbox_enter(&offline, NULL, &error) &&
                   strncmp(error.text, "cannot filter system calls: ", 28) == 0
               ? 0
               : 2;
}

static void without_seccomp_it_fails(void **state)
{
    int status      = 0;
    const pid_t pid = fork();
    (void)state;
    if (pid == 0) {
        _exit(do_enter_without_seccomp());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_result(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_only_an_intruder_does_kills),
        cmocka_unit_test(ptrace_is_refused),
        cmocka_unit_test(what_is_not_on_the_list_is_refused),
        cmocka_unit_test(no_process_is_started),
        cmocka_unit_test(what_the_program_does_works),
        cmocka_unit_test(an_abort_is_an_abort),
        cmocka_unit_test(exit_works),
        cmocka_unit_test(threads_start_when_allowed_and_are_filtered),
        cmocka_unit_test(the_notify_socket_sends_to_its_peer_only),
        cmocka_unit_test(a_packet_socket_is_for_listening_only),
        cmocka_unit_test(many_packet_sockets_are_too),
        cmocka_unit_test(without_seccomp_it_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
