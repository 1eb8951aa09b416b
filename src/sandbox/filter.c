/*
 * Three filters, all asked at every system call; the sternest answer stands. The first two forbid
 * and allow all else; the third allows what is listed and refuses all else.
 */
#include "sandbox/calls.h"
#include "sandbox/private.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <seccomp.h>

struct plan {
    const struct ht_sandbox_config *config;
    const struct ht_packet_sockets *sockets;
    unsigned needs; /* enum ht_need */
};

/* add adds a rule to `status`, the result of those before; 0 is success. A call that is not there
 * need not be filtered, and of two rules the wider one stands. */
static void add(int *status, scmp_filter_ctx filter, uint32_t action, const char *name,
                unsigned num_conditions, const struct scmp_arg_cmp *conditions)
{
    const int call = seccomp_syscall_resolve_name(name);
    if (*status != 0 || call == __NR_SCMP_ERROR) {
        return;
    }
    const int result = seccomp_rule_add_array(filter, action, call, num_conditions, conditions);
    *status          = result == -EDOM || result == -EEXIST ? 0 : result;
}

static struct scmp_arg_cmp equals(unsigned argument, uint64_t value)
{
    return (struct scmp_arg_cmp){.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value};
}

/* For arguments that are int: only the lower half counts. */
static struct scmp_arg_cmp equals_int(unsigned argument, int value)
{
    return (struct scmp_arg_cmp){.arg     = argument,
                                 .op      = SCMP_CMP_MASKED_EQ,
                                 .datum_a = UINT32_MAX,
                                 .datum_b = (uint32_t)value};
}

/* What only an intruder does; and no packet may be sent: what would be written to its socket is
 * refused. The ways to another descriptor for it (dup, fcntl, SCM_RIGHTS) are not listed. */
static int forbid(scmp_filter_ctx filter, const struct plan *plan)
{
    int status = 0;
    for (size_t i = 0; i < ht_num_calls_fatal; i++) {
        add(&status, filter, SCMP_ACT_KILL_PROCESS, ht_calls_fatal[i], 0, NULL);
    }
    for (size_t i = 0; i < plan->sockets->num; i++) {
        const struct scmp_arg_cmp it = equals_int(0, plan->sockets->fds[i]);
        add(&status, filter, SCMP_ACT_ERRNO(EPERM), "write", 1, &it);
        add(&status, filter, SCMP_ACT_ERRNO(EPERM), "writev", 1, &it);
    }
    return status;
}

static int add_ring(scmp_filter_ctx filter, uint32_t action)
{
    int status                       = 0;
    const struct scmp_arg_cmp ring[] = {equals_int(1, SOL_PACKET), equals_int(2, PACKET_RX_RING)};
    add(&status, filter, action, "setsockopt", 2, ring);
    return status;
}

/* What libraries try without harm if it fails, refused without a line in the log, which would be a
 * false alarm: glibc starts threads by clone3, whose flags cannot be seen here, before it tries
 * clone; libpcap takes down its ring when it closes. The third filter has to allow these. */
static int decline(scmp_filter_ctx filter, const struct plan *plan)
{
    int status = add_ring(filter, SCMP_ACT_ERRNO(EPERM));
    (void)plan;
    add(&status, filter, SCMP_ACT_ERRNO(ENOSYS), "clone3", 0, NULL);
    return status;
}

/* What calls.c cannot say, as it depends on numbers, or on two arguments. */
static int allow_special(scmp_filter_ctx filter, const struct plan *plan)
{
    int status                       = add_ring(filter, SCMP_ACT_ALLOW);
    const struct scmp_arg_cmp self[] = {equals_int(0, getpid())};
    add(&status, filter, SCMP_ACT_ALLOW, "clone3", 0, NULL);
    add(&status, filter, SCMP_ACT_ALLOW, "tgkill", 1, self); /* abort, raise */
    if (plan->config->notify_socket > 0) {
        const struct scmp_arg_cmp no_address[] = {equals_int(0, plan->config->notify_socket),
                                                  equals(4, 0)};
        add(&status, filter, SCMP_ACT_ALLOW, "sendto", 2, no_address);
    }
    if ((plan->needs & HT_PACKETS) != 0) {
        const struct scmp_arg_cmp promiscuous[] = {equals_int(1, SOL_PACKET),
                                                   equals_int(2, PACKET_ADD_MEMBERSHIP)};
        add(&status, filter, SCMP_ACT_ALLOW, "setsockopt", 2, promiscuous);
    }
    return status;
}

static int allow(scmp_filter_ctx filter, const struct plan *plan)
{
    int status = allow_special(filter, plan);
    for (size_t i = 0; i < ht_num_calls; i++) {
        if ((ht_calls[i].needs & plan->needs) != 0) {
            add(&status, filter, SCMP_ACT_ALLOW, ht_calls[i].name, 0, NULL);
        }
    }
    for (size_t i = 0; i < ht_num_calls_if; i++) {
        const struct ht_call_if *call    = &ht_calls_if[i];
        const struct scmp_arg_cmp bits[] = {{.arg     = call->argument,
                                             .op      = SCMP_CMP_MASKED_EQ,
                                             .datum_a = call->mask,
                                             .datum_b = call->value}};
        if ((call->needs & plan->needs) != 0) {
            add(&status, filter, SCMP_ACT_ALLOW, call->name, 1, bits);
        }
    }
    return status;
}

struct filter {
    int (*fill)(scmp_filter_ctx filter, const struct plan *plan);
    uint32_t otherwise; /* the action for what `fill` has no rule for */
    uint32_t log;       /* refusals go to the kernel's log; that came with Linux 4.14 */
};

/* In order: the last refuses what entering another would call. */
static const struct filter filters[] = {
    {forbid, SCMP_ACT_ALLOW, 1}, {decline, SCMP_ACT_ALLOW, 0}, {allow, SCMP_ACT_ERRNO(EPERM), 1}};

/* enter filters all threads; 0 is success. */
static int enter(const struct filter *filter, const struct plan *plan)
{
    scmp_filter_ctx context = seccomp_init(filter->otherwise);
    if (context == NULL) {
        return -ENOMEM;
    }
    int status = seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (status == 0) {
        status = seccomp_attr_set(context, SCMP_FLTATR_CTL_TSYNC, 1);
    }
    (void)seccomp_attr_set(context, SCMP_FLTATR_CTL_LOG, filter->log);
    if (status == 0) {
        status = filter->fill(context, plan);
    }
    if (status == 0) {
        status = seccomp_load(context);
    }
    seccomp_release(context);
    return status;
}

static unsigned needs_of(const struct ht_sandbox_config *config,
                         const struct ht_packet_sockets *sockets)
{
    unsigned needs = HT_ALWAYS;
    needs |= config->num_readable > 0 ? HT_READING : 0U;
    needs |= config->num_writable > 0 ? HT_WRITING : 0U;
    needs |= config->may_start_threads ? HT_THREADS : 0U;
    needs |= sockets->num > 0 ? HT_PACKETS : 0U;
    needs |= HT_FINDS_LEAKS ? HT_LEAKS : 0U;
    return needs;
}

bool ht_filter_enter(const struct ht_sandbox_config *config,
                     const struct ht_packet_sockets *sockets, struct ht_error *error)
{
    const struct plan plan = {config, sockets, needs_of(config, sockets)};
    for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++) {
        const int status = enter(&filters[i], &plan);
        if (status != 0) {
            return ht_fail(error, "cannot filter system calls: %s", strerror(-status));
        }
    }
    return true;
}
