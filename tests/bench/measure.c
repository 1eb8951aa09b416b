/*
 * measure: runs a command, its output thrown away, and prints what it took: wall, user and system
 * time in seconds, peak memory in KiB, and its exit status. A small program of its own, because the
 * kernel counts the memory of whoever forks as the command's.
 *     measure COMMAND ARGUMENT…
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void run(char **command)
{
    int null = open("/dev/null", O_WRONLY);
    if (null < 0 || dup2(null, STDOUT_FILENO) < 0) {
        _exit(127);
    }
    (void)execvp(command[0], command);
    perror(command[0]);
    _exit(127);
}

int main(int argc, char **argv)
{
    struct timespec start;
    struct timespec end;
    struct rusage usage;
    int status;
    if (argc < 2) {
        (void)fputs("usage: measure COMMAND ARGUMENT…\n", stderr);
        return 2;
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &start);
    pid_t child = fork();
    if (child == 0) {
        run(argv + 1);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        perror("measure");
        return 2;
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    double wall = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
    (void)printf("%.6f %.6f %.6f %ld %d\n", wall, seconds(usage.ru_utime), seconds(usage.ru_stime),
                 usage.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return 0;
}
