/*
 * The protocol of sd_notify(3), with this test as the service manager.
 */
#include "support.h"

#include "cli/notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct manager {
    int socket;
    char name[64]; /* as $NOTIFY_SOCKET has it */
};

static void listen_on(struct manager *manager, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    manager->socket            = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    (void)snprintf(manager->name, sizeof manager->name, "%s", name);
    memcpy(address.sun_path, name, strlen(name));
    if (name[0] == '@') {
        address.sun_path[0] = '\0';
    }
    assert_int_equal(bind(manager->socket, (const struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
                     0);
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
}

static const char *received(const struct manager *manager)
{
    static char text[256];
    ssize_t len             = recv(manager->socket, text, sizeof text - 1, 0);
    text[len > 0 ? len : 0] = '\0';
    return text;
}

static int forget(void **state)
{
    (void)state;
    (void)unsetenv("NOTIFY_SOCKET");
    (void)unsetenv("WATCHDOG_USEC");
    (void)unsetenv("WATCHDOG_PID");
    return 0;
}

static void without_a_manager_nothing_happens(void **state)
{
    (void)state;
    static const char *const names[] = {
        NULL, "", "relative", "/no/such/socket", "@no-such-socket", "vsock:2:1234"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i] != NULL) {
            assert_int_equal(setenv("NOTIFY_SOCKET", names[i], 1), 0);
        }
        assert_int_equal(setenv("WATCHDOG_USEC", "1000", 1), 0);
        struct cli_notify notify = cli_notify_open();
        assert_int_equal(notify.socket, -1);
        assert_true(notify.watchdog_ns == 0);
        cli_notify_send(&notify, "READY=1");
        cli_notify_close(&notify);
    }
}

static void by_path_and_by_abstract_name(void **state)
{
    (void)state;
    char path[64], name[64];
    (void)snprintf(path, sizeof path, "/tmp/hellotap-notify-%d", (int)getpid());
    (void)snprintf(name, sizeof name, "@hellotap-notify-%d", (int)getpid());
    const char *const names[] = {path, name};
    for (size_t i = 0; i < 2; i++) {
        struct manager manager;
        listen_on(&manager, names[i]);
        struct cli_notify notify = cli_notify_open();
        assert_true(notify.socket >= 0);
        cli_notify_send(&notify, "READY=1");
        assert_string_equal(received(&manager), "READY=1");
        cli_notify_reloading(&notify);
        const char *text = received(&manager), *start = "RELOADING=1\nMONOTONIC_USEC=";
        assert_memory_equal(text, start, strlen(start));
        assert_in_range(text[strlen(start)], '1', '9');
        (void)close(manager.socket);
        cli_notify_send(&notify, "STOPPING=1"); /* to nobody */
        cli_notify_close(&notify);
    }
    (void)unlink(path);
}

/* A manager that reads nothing does not hold us up. */
static void never_waits(void **state)
{
    (void)state;
    struct manager manager;
    char name[64];
    (void)snprintf(name, sizeof name, "@hellotap-full-%d", (int)getpid());
    listen_on(&manager, name);
    struct cli_notify notify = cli_notify_open();
    for (int i = 0; i < 100000; i++) {
        cli_notify_send(&notify, "WATCHDOG=1");
    }
    assert_string_equal(received(&manager), "WATCHDOG=1");
    cli_notify_close(&notify);
    (void)close(manager.socket);
}

static void the_watchdog_is_fed_in_half_its_time(void **state)
{
    (void)state;
    struct manager manager;
    char name[64], pid[16];
    (void)snprintf(name, sizeof name, "@hellotap-dog-%d", (int)getpid());
    (void)snprintf(pid, sizeof pid, "%d", (int)getpid());
    listen_on(&manager, name);
    const struct {
        const char *usec, *pid;
        int64_t expected_ns;
    } cases[] = {{"30000000", NULL, 15000000000},
                 {"30000000", pid, 15000000000},
                 {"30000000", "1", 0},
                 {"0", NULL, 0},
                 {"soon", NULL, 0},
                 {"18446744073709551615", NULL, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)setenv("WATCHDOG_USEC", cases[i].usec, 1);
        if (cases[i].pid != NULL) {
            (void)setenv("WATCHDOG_PID", cases[i].pid, 1);
        } else {
            (void)unsetenv("WATCHDOG_PID");
        }
        struct cli_notify notify = cli_notify_open();
        assert_true(notify.watchdog_ns == cases[i].expected_ns);
        cli_notify_close(&notify);
    }
    (void)close(manager.socket);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(without_a_manager_nothing_happens, forget),
        cmocka_unit_test_teardown(by_path_and_by_abstract_name, forget),
        cmocka_unit_test_teardown(never_waits, forget),
        cmocka_unit_test_teardown(the_watchdog_is_fed_in_half_its_time, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
