/*
 * generate: makes a capture of the benchmark, and beside it FILE.truth.json, which says what a
 * reader must find in it.
 *     generate [--scale N] [--seed N] SAMPLES SCENARIO FILE
 */
#include "scenario.h"

#include <getopt.h>
#include <stdlib.h>

static const struct option long_options[] = {
    {"scale", required_argument, NULL, 's'},
    {"seed", required_argument, NULL, 'r'},
    {NULL, 0, NULL, 0},
};

int main(int argc, char **argv)
{
    double scale  = 1;
    uint64_t seed = 1;
    int option;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (option == 's') {
            scale = strtod(optarg, NULL);
        } else if (option == 'r') {
            seed = strtoull(optarg, NULL, 10);
        } else {
            return 2;
        }
    }
    if (argc - optind != 3 || scale <= 0) {
        fatal("usage: generate [--scale N] [--seed N] SAMPLES SCENARIO FILE");
    }
    const struct scenario *scenario = scenario_find(argv[optind + 1]);
    if (scenario == NULL) {
        fatal("%s: no such scenario", argv[optind + 1]);
    }
    const char *path = argv[optind + 2];
    char truth_path[4096];
    (void)snprintf(truth_path, sizeof truth_path, "%s.truth.json", path);
    struct capture capture    = {0};
    static struct truth truth = {0};
    capture_open(&capture, path);
    scenario_write(scenario, argv[optind], scale, seed, &capture, &truth);
    capture_close(&capture);
    truth_write(&truth, &capture, scenario->name, scale, seed, truth_path);
    return 0;
}
