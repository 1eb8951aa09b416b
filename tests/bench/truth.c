#include "truth.h"

#include "random.h"

#include <inttypes.h>

static bool is_whole(const struct fact *fact, const struct steps *lost, unsigned num_steps)
{
    unsigned needed = 0;
    unsigned have   = 0;
    for (unsigned i = 0; i < MAX_STEPS; i++) {
        if (steps_has(&fact->steps, i)) {
            needed++;
            have += i < num_steps && !steps_has(lost, i);
        }
    }
    return have > 0 && (fact->any || have == needed);
}

static void see(struct truth *truth, uint64_t certificate)
{
    certificate |= 1; /* not zero, which is an empty place */
    for (uint64_t i = certificate >> 32;; i++) {
        uint64_t *place = &truth->seen[i % MAX_CERTIFICATES];
        if (*place == certificate) {
            return;
        }
        if (*place == 0) {
            *place = certificate;
            truth->distinct_certificates++;
            return;
        }
    }
}

void truth_add(struct truth *truth, const struct template *t, const struct steps *lost,
               unsigned num_steps, uint32_t chain)
{
    for (unsigned i = 0; i < t->num_facts; i++) {
        const struct fact *fact = &t->facts[i];
        if (!is_whole(fact, lost, num_steps)) {
            continue;
        }
        truth->found[fact->kind]++;
        truth->certificates += fact->num_certificates;
        for (unsigned n = 0; n < fact->num_certificates; n++) {
            see(truth, mix(fact->certificates[n] + (n == 0 ? chain + 1 : 0)));
        }
    }
}

static void write_count(FILE *file, const char *name, uint64_t count)
{
    (void)fprintf(file, "  \"%s\": %" PRIu64 ",\n", name, count);
}

void truth_write(const struct truth *truth, const struct capture *capture, const char *scenario,
                 double scale, uint64_t seed, const char *path)
{
    static const char *const names[NUM_FACTS] = {
        "client_hellos", "server_hellos",    "chains",
        "dns_messages",  "dns_transactions", "connections",
    };
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        fatal("%s: cannot be created", path);
    }
    (void)fprintf(file, "{\n  \"scenario\": \"%s\",\n  \"scale\": %g,\n", scenario, scale);
    for (unsigned i = 0; i < NUM_FACTS; i++) {
        write_count(file, names[i], truth->found[i]);
    }
    write_count(file, "certificates", truth->certificates);
    write_count(file, "distinct_certificates", truth->distinct_certificates);
    write_count(file, "reordered", truth->reordered);
    write_count(file, "repeated", truth->repeated);
    write_count(file, "lost_and_repeated", truth->lost_and_repeated);
    write_count(file, "never_written", truth->never_written);
    write_count(file, "flood", truth->flood);
    write_count(file, "frames", capture->frames);
    write_count(file, "bytes", capture->bytes);
    (void)fprintf(file, "  \"seed\": %" PRIu64 "\n}\n", seed);
    if (fclose(file) != 0) {
        fatal("%s: could not be written", path);
    }
}
