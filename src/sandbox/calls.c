#include "sandbox/calls.h"

#include "sandbox/private.h"

#include <fcntl.h>
#include <linux/if_packet.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>

#define HT_PATHS ((unsigned)HT_READING | HT_WRITING)

const struct ht_call ht_calls[] = {
    /* What is open. */
    {"read", HT_ALWAYS},
    {"readv", HT_ALWAYS},
    {"pread64", HT_ALWAYS},
    {"write", HT_ALWAYS},
    {"writev", HT_ALWAYS},
    {"pwrite64", HT_ALWAYS},
    {"lseek", HT_ALWAYS},
    {"fstat", HT_ALWAYS},
    {"newfstatat", HT_ALWAYS}, /* glibc's fstat */
    {"fadvise64", HT_ALWAYS},
    {"ftruncate", HT_ALWAYS},
    {"fsync", HT_ALWAYS},
    {"fdatasync", HT_ALWAYS},
    {"close", HT_ALWAYS},
    {"poll", HT_ALWAYS},
    {"ppoll", HT_ALWAYS},
    {"select", HT_ALWAYS},
    {"pselect6", HT_ALWAYS},
    /* Memory; mmap and mprotect are below. */
    {"brk", HT_ALWAYS},
    {"munmap", HT_ALWAYS},
    {"mremap", HT_ALWAYS},
    {"madvise", HT_ALWAYS},
    /* Threads that run. */
    {"futex", HT_ALWAYS},
    {"sched_yield", HT_ALWAYS},
    {"sched_getaffinity", HT_ALWAYS}, /* how many arenas malloc makes */
    {"getpid", HT_ALWAYS},
    {"gettid", HT_ALWAYS},
    {"exit", HT_ALWAYS},
    {"exit_group", HT_ALWAYS},
    /* Threads that start. */
    {"set_robust_list", HT_THREADS},
    {"rseq", HT_THREADS},
    {"sched_setaffinity", HT_THREADS},
    /* Time and resources. */
    {"clock_gettime", HT_ALWAYS},
    {"clock_getres", HT_ALWAYS},
    {"clock_nanosleep", HT_ALWAYS},
    {"nanosleep", HT_ALWAYS},
    {"gettimeofday", HT_ALWAYS},
    {"time", HT_ALWAYS},
    {"times", HT_ALWAYS},
    {"getrusage", HT_ALWAYS},
    {"getrlimit", HT_ALWAYS},
    {"sysinfo", HT_ALWAYS}, /* qsort asks how much memory there is */
    {"getrandom", HT_ALWAYS},
    {"uname", HT_ALWAYS},
    {"getuid", HT_ALWAYS},
    {"geteuid", HT_ALWAYS},
    {"getgid", HT_ALWAYS},
    {"getegid", HT_ALWAYS},
    /* Signals; tgkill is by number of this process, in filter.c. */
    {"rt_sigaction", HT_ALWAYS},
    {"rt_sigprocmask", HT_ALWAYS},
    {"rt_sigreturn", HT_ALWAYS},
    {"rt_sigpending", HT_ALWAYS},
    {"rt_sigsuspend", HT_ALWAYS},
    {"rt_sigtimedwait", HT_ALWAYS},
    {"sigaltstack", HT_ALWAYS},
    {"restart_syscall", HT_ALWAYS},
    /* Paths; openat is below. */
    {"stat", HT_PATHS},
    {"lstat", HT_PATHS},
    {"statx", HT_PATHS},
    {"access", HT_PATHS},
    {"faccessat", HT_PATHS},
    {"faccessat2", HT_PATHS},
    {"readlink", HT_PATHS},
    {"readlinkat", HT_PATHS},
    {"getcwd", HT_PATHS},
    {"getdents64", HT_PATHS},
    {"rename", HT_WRITING},
    {"renameat", HT_WRITING},
    {"renameat2", HT_WRITING},
    {"link", HT_WRITING},
    {"linkat", HT_WRITING},
    {"unlink", HT_WRITING},
    {"unlinkat", HT_WRITING},
    {"fchmod", HT_WRITING},
    {"fallocate", HT_WRITING},
    {"umask", HT_WRITING},
    /* An interface that is gone and comes back: the socket that we have is bound anew. */
    {"recvfrom", HT_PACKETS},
    {"recvmsg", HT_PACKETS},
    {"bind", HT_PACKETS},
    {"getsockname", HT_PACKETS},
    /* LeakSanitizer starts a process that stops the threads and looks at their memory. */
    {"clone", HT_LEAKS},
    {"prctl", HT_LEAKS},
    {"wait4", HT_LEAKS},
    {"getppid", HT_LEAKS},
    {"readlink", HT_LEAKS},
    {"getdents", HT_LEAKS},
    {"getdents64", HT_LEAKS},
};
const size_t ht_num_calls = sizeof ht_calls / sizeof ht_calls[0];

/* The lower half of an argument: the kernel looks at no more where it is an int. */
#define HT_INT 0xffffffffU

/* Of clone's flags: a thread of this process, and no namespace of its own. */
#define HT_THREAD_FLAGS ((uint64_t)CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)
#define HT_CLONE_MASK                                                                              \
    (HT_THREAD_FLAGS | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |               \
     CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

#define HT_ONLY_READ ((unsigned)O_ACCMODE | O_CREAT | O_TRUNC)

const struct ht_call_if ht_calls_if[] = {
    {"mmap", HT_ALWAYS, 2, PROT_EXEC, 0},
    {"mprotect", HT_ALWAYS, 2, PROT_EXEC, 0},
    {"clone", HT_THREADS, 0, HT_CLONE_MASK, HT_THREAD_FLAGS},
    {"prctl", HT_ALWAYS, 0, HT_INT, PR_SET_NAME},
    {"prlimit64", HT_ALWAYS, 2, UINT64_MAX, 0}, /* asks, sets nothing */

    {"open", HT_PATHS, 1, HT_ONLY_READ, O_RDONLY},
    {"openat", HT_PATHS, 2, HT_ONLY_READ, O_RDONLY}, /* an output looks at the end of its file */
    {"open", HT_WRITING, 1, O_ACCMODE, O_WRONLY},
    {"openat", HT_WRITING, 2, O_ACCMODE, O_WRONLY},
    {"open", HT_WRITING, 1, O_ACCMODE, O_RDWR},
    {"openat", HT_WRITING, 2, O_ACCMODE, O_RDWR},

    {"fcntl", HT_ALWAYS, 1, HT_INT, F_GETFL},
    {"fcntl", HT_ALWAYS, 1, HT_INT, F_SETFL},
    {"fcntl", HT_ALWAYS, 1, HT_INT, F_GETFD},
    {"fcntl", HT_ALWAYS, 1, HT_INT, F_SETFD},
    {"ioctl", HT_ALWAYS, 1, HT_INT, TCGETS}, /* isatty */
    {"ioctl", HT_ALWAYS, 1, HT_INT, TIOCGWINSZ},

    {"ioctl", HT_PACKETS, 1, HT_INT, SIOCGIFFLAGS}, /* libpcap: is it there still? */
    {"ioctl", HT_PACKETS, 1, HT_INT, SIOCGIFINDEX},
    {"ioctl", HT_PACKETS, 1, HT_INT, SIOCGIFHWADDR},
    {"getsockopt", HT_PACKETS, 1, HT_INT, SOL_PACKET}, /* PACKET_STATISTICS */
    {"getsockopt", HT_PACKETS, 1, HT_INT, SOL_SOCKET}, /* SO_ERROR */

    {"open", HT_LEAKS, 1, HT_ONLY_READ, O_RDONLY}, /* /proc/self/maps, task */
    {"openat", HT_LEAKS, 2, HT_ONLY_READ, O_RDONLY},
    {"ptrace", HT_LEAKS, 0, UINT64_MAX, PTRACE_ATTACH},
    {"ptrace", HT_LEAKS, 0, UINT64_MAX, PTRACE_DETACH},
    {"ptrace", HT_LEAKS, 0, UINT64_MAX, PTRACE_CONT},
    {"ptrace", HT_LEAKS, 0, UINT64_MAX, PTRACE_KILL},
    {"ptrace", HT_LEAKS, 0, UINT64_MAX, PTRACE_GETREGSET},
#if defined(__x86_64__) || defined(__i386__)
    {"ptrace", HT_LEAKS, 0, UINT64_MAX, PTRACE_GETREGS},
#endif
};
const size_t ht_num_calls_if = sizeof ht_calls_if / sizeof ht_calls_if[0];

const char *const ht_calls_fatal[] = {
    /* Other programs, other processes. */
    "execve",
    "execveat",
#if !HT_FINDS_LEAKS
    "ptrace",
#endif
    "process_vm_readv",
    "process_vm_writev",
    "process_madvise",
    "pidfd_getfd",
    "kcmp",
    /* The network; bind is not here, see above. */
    "socket",
    "connect",
    "listen",
    "accept",
    "accept4",
    /* Another user, another root, another namespace. */
    "setuid",
    "setgid",
    "setreuid",
    "setregid",
    "setresuid",
    "setresgid",
    "setfsuid",
    "setfsgid",
    "setgroups",
    "capset",
    "chroot",
    "pivot_root",
    "setns",
    "unshare",
    "personality",
    /* Devices and file systems. */
    "mknod",
    "mknodat",
    "mount",
    "umount2",
    "open_tree",
    "move_mount",
    "mount_setattr",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "swapon",
    "swapoff",
    "quotactl",
    "quotactl_fd",
    "name_to_handle_at",
    "open_by_handle_at",
    "fanotify_init",
    "ioperm",
    "iopl",
    /* The kernel, and what its bugs are reached by. */
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "add_key",
    "keyctl",
    "request_key",
    "modify_ldt",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "kexec_file_load",
    "reboot",
    "syslog",
    "acct",
    "settimeofday",
    "clock_settime",
    "clock_adjtime",
    "adjtimex",
    "sethostname",
    "setdomainname",
};
const size_t ht_num_calls_fatal = sizeof ht_calls_fatal / sizeof ht_calls_fatal[0];
