#include "cli/analysis.h"

#include "analysis/analysis.h"
#include "analysis/audit/audit.h"
#include "analysis/chain/chain.h"
#include "analysis/key_exchange/values.h"
#include "analysis/post_quantum/post_quantum.h"
#include "analysis/revocation/revocation.h"
#include "analysis/service/service.h"
#include "base/time.h"
#include "cli/confine.h"
#include "cli/rules.h"
#include "crypto/key_log.h"
#include "policy/ct_logs.h"
#include "policy/policy.h"
#include "report/collector.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Chains are judged where somebody asks what is wrong, or brings what to judge by. */
static bool judges_chains(const struct cli_options *o)
{
    return o->verify || o->audit || o->trust_store != NULL || o->crl != NULL || o->ct_logs != NULL;
}

static void add(struct cli_analysis *analysis, const struct ht_analyzer *analyzer)
{
    size_t num = 0;
    while (analysis->analyzers[num] != NULL) {
        num++;
    }
    if (num + 1 < CLI_MAX_ANALYZERS) {
        analysis->analyzers[num] = analyzer;
    }
}

static void choose(struct cli_analysis *analysis, const struct cli_options *o)
{
    for (size_t i = 0; ht_analyzers[i] != NULL; i++) {
        add(analysis, ht_analyzers[i]);
    }
    if (judges_chains(o)) {
        add(analysis, &ht_chain_analyzer);
        add(analysis, &ht_revocation_analyzer);
    }
    if (cli_options_report(o)) {
        add(analysis, &ht_post_quantum_analyzer);
    }
    if (o->audit) {
        add(analysis, &ht_values_analyzer);
        add(analysis, &ht_service_analyzer);
        add(analysis, &ht_audit_analyzer);
    }
    if (cli_options_report(o)) {
        add(analysis, &ht_collector_analyzer);
    }
}

static bool open_trust(struct cli_analysis *analysis, const struct cli_options *o,
                       struct cli_console *console, struct ht_error *error)
{
    if (!judges_chains(o)) {
        return true;
    }
    bool none       = o->trust_store != NULL && strcmp(o->trust_store, "none") == 0;
    analysis->trust = none ? ht_trust_none() : ht_trust_open(o->trust_store, error);
    if (analysis->trust == NULL && o->trust_store == NULL) { /* a machine without any */
        cli_say(console, CLI_WARNING, "%s: no chain is trusted", error->text);
        analysis->trust = ht_trust_none();
    }
    analysis->settings.trust = analysis->trust;
    return analysis->trust != NULL;
}

static bool open_policy(struct cli_analysis *analysis, const struct cli_options *o,
                        struct ht_error *error)
{
    if (o->policy == NULL) {
        return true;
    }
    analysis->policy          = cli_rules_policy(o, error);
    analysis->settings.policy = analysis->policy;
    return analysis->policy != NULL;
}

/* What certificates are judged by beside the trust anchors. */
static bool open_lists(struct cli_analysis *analysis, const struct cli_options *o,
                       struct ht_error *error)
{
    if (o->crl != NULL) {
        analysis->settings.crls = analysis->crls = ht_crl_list_open(o->crl, error);
    }
    if (o->ct_logs != NULL && (o->crl == NULL || analysis->crls != NULL)) {
        analysis->settings.ct_logs = analysis->ct_logs = ht_ct_logs_open(o->ct_logs, error);
    }
    return (o->crl == NULL || analysis->crls != NULL) &&
           (o->ct_logs == NULL || analysis->ct_logs != NULL);
}

/* While an interface is captured on, lines are appended. What a FIFO has may come later, too; of a
 * file what is there is read first, and a line at its end, that may not be whole, then once more.
 */
static bool open_growing_keys(struct cli_analysis *analysis, const struct cli_options *o,
                              struct ht_error *error)
{
    enum { LONGEST_LINE = 4096 };
    struct stat file;
    int log = open(o->key_log, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (log < 0 || fstat(log, &file) != 0) {
        return ht_fail(error, "%s: %s%s", o->key_log, strerror(errno),
                       errno == ENOENT ? " (make it first; it may be empty)" : "");
    }
    analysis->growing_key_log = log;
    if (S_ISDIR(file.st_mode)) {
        return ht_fail(error, "%s: %s", o->key_log, strerror(EISDIR));
    }
    if (S_ISREG(file.st_mode)) {
        analysis->key_log = ht_key_log_open(o->key_log, error);
        off_t from        = file.st_size > LONGEST_LINE ? file.st_size - LONGEST_LINE : 0;
        return analysis->key_log != NULL && (lseek(log, from, SEEK_SET) == from ||
                                             ht_fail(error, "%s: %s", o->key_log, strerror(errno)));
    }
    analysis->key_log = ht_key_log_new();
    return analysis->key_log != NULL || ht_fail(error, "out of memory");
}

/* A key log without keys may be one that waits for the first session. */
static bool open_keys(struct cli_analysis *analysis, const struct cli_options *o,
                      struct cli_console *console, struct ht_error *error)
{
    if (o->key_log == NULL) {
        return true;
    }
    if (cli_options_live(o)) {
        return open_growing_keys(analysis, o, error);
    }
    analysis->key_log = ht_key_log_open(o->key_log, error);
    if (analysis->key_log == NULL) {
        return false;
    }
    const struct ht_key_log_counts *lines = ht_key_log_count(analysis->key_log);
    if (lines->secrets == 0 && lines->malformed > 0) {
        return ht_fail(error, "%s: no line of it is a session's key", o->key_log);
    }
    if (lines->secrets == 0) {
        cli_say(console, CLI_WARNING, "%s: no session's key is in it yet", o->key_log);
    }
    if (lines->secrets == HT_KEY_LOG_MAX) {
        cli_say(console, CLI_WARNING, "%s: only the first %d keys of it are used", o->key_log,
                HT_KEY_LOG_MAX);
    }
    return true;
}

/* A folder that we make is that of whom we are going to be, who writes there. */
static bool open_folder(struct cli_analysis *analysis, const struct cli_options *o,
                        struct ht_error *error)
{
    const char *path = o->certificate_folder;
    if (path == NULL) {
        return true;
    }
    bool made = mkdir(path, 0777) == 0;
    if (!made && errno != EEXIST) {
        return ht_fail(error, "%s: %s", path, strerror(errno));
    }
    int folder                            = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    analysis->settings.certificate_folder = folder;
    return (folder >= 0 && (!made || cli_confine_give(o, folder))) ||
           ht_fail(error, "%s: %s", path, strerror(errno));
}

bool cli_analysis_open(struct cli_analysis *analysis, const struct cli_options *options,
                       struct cli_console *console, struct ht_error *error)
{
    int64_t day_ns = 86400 * HT_SECOND_NS;
    *analysis =
        (struct cli_analysis){.growing_key_log = -1,
                              .settings        = {.as_of_ns = options->as_of_ns,
                                                  .verify   = options->verify,
                                                  .again_ns = cli_options_live(options) ? day_ns : 0,
                                                  .certificate_folder = -1}};
    choose(analysis, options);
    return open_policy(analysis, options, error) && open_trust(analysis, options, console, error) &&
           open_lists(analysis, options, error) && open_keys(analysis, options, console, error) &&
           open_folder(analysis, options, error);
}

void cli_analysis_close(struct cli_analysis *analysis)
{
    if (analysis->settings.certificate_folder >= 0) {
        (void)close(analysis->settings.certificate_folder);
    }
    ht_key_log_free(analysis->key_log);
    ht_ct_logs_free(analysis->ct_logs);
    ht_crl_list_free(analysis->crls);
    ht_trust_free(analysis->trust);
    ht_policy_free(analysis->policy);
}
