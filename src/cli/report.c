#include "cli/report.h"

#include "analysis/audit/audit.h"
#include "analysis/certificate/certificate.h"
#include "cli/confine.h"
#include "report/audit_report.h"
#include "report/cbom.h"
#include "report/collector.h"
#include "report/inventory.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

bool cli_report_open(struct cli_session *session, struct ht_error *error)
{
    const char *path = session->options->bill;
    if (path != NULL && cli_writer_is_input(session->options, path)) {
        return ht_fail(error, "%s: is also an input, and would be overwritten", path);
    }
    session->bill = path != NULL ? fopen(path, "we") : NULL;
    bool opened =
        session->bill != NULL && cli_confine_give(session->options, fileno(session->bill));
    if (path != NULL && !opened) {
        session->status = CLI_UNREADABLE;
        return ht_fail(error, "%s: %s", path, strerror(errno));
    }
    return true;
}

void cli_report_close(struct cli_session *session)
{
    if (session->bill != NULL) {
        (void)fclose(session->bill);
    }
}

static struct ht_summary *summarise(struct cli_session *session)
{
    struct ht_summary *summary = ht_summary_new(&session->analysis.settings);
    if (summary == NULL) {
        return NULL;
    }
    ht_crew_visit(session->crew, &ht_collector_analyzer, ht_summary_take, summary);
    ht_crew_visit(session->crew, &ht_audit_analyzer, ht_summary_count, summary);
    if (!ht_summary_finish(summary)) {
        ht_summary_free(summary);
        return NULL;
    }
    return summary;
}

/* What a report rendered by itself; `made`: it had the memory. */
static bool write_text(struct cli_session *session, const struct ht_record_type *type,
                       struct ht_chars *text, bool made)
{
    bool written = made && cli_writer_lines(&session->writer, type, ht_chars_view(text));
    written      = cli_writer_keep(&session->writer) && written;
    ht_chars_free(text);
    return written;
}

static bool write_audit(struct cli_session *session, const struct ht_summary *summary,
                        struct ht_arena *arena)
{
    struct ht_chars text = {0};
    if (session->options->format == &ht_text_sink) {
        return write_text(session, &ht_audit_record_type, &text,
                          ht_audit_text(summary, &text, &session->writer.config));
    }
    struct ht_audit audit;
    ht_audit_record(summary, arena, &audit);
    return cli_writer_record(&session->writer, &ht_audit_record_type, &audit);
}

static bool write_inventory(struct cli_session *session, const struct ht_summary_data *data)
{
    struct ht_chars text = {0};
    if (session->options->csv) {
        return write_text(session, &ht_inventory_record_type, &text, ht_inventory_csv(data, &text));
    }
    if (session->options->format == &ht_text_sink) {
        return write_text(session, &ht_inventory_record_type, &text,
                          ht_inventory_text(data, &text, &session->writer.config));
    }
    struct ht_inventory inventory;
    ht_inventory_record(data, &inventory);
    return cli_writer_record(&session->writer, &ht_inventory_record_type, &inventory);
}

static bool write_bill(struct cli_session *session, const struct ht_summary_data *data)
{
    struct ht_chars text = {0};
    bool written         = ht_cbom_write(data, HELLOTAP_VERSION, &text) &&
                   fwrite(text.ptr, 1, text.len, session->bill) == text.len &&
                   fflush(session->bill) == 0;
    ht_chars_free(&text);
    return written;
}

static void fail(struct cli_session *session, const char *what)
{
    cli_say(&session->console, CLI_ERROR, "%s: %s", what, strerror(errno));
    session->status = CLI_UNREADABLE;
}

static void add_lost(void *context, void *state)
{
    struct ht_certificates_lost *sum = context, lost = ht_certificates_lost(state);
    sum->error = sum->num == 0 ? lost.error : sum->error;
    sum->num += lost.num;
}

/* Certificates that were to be exported. */
static void tell_lost(struct cli_session *session)
{
    struct ht_certificates_lost lost = {0};
    ht_crew_visit(session->crew, &ht_certificate_analyzer, add_lost, &lost);
    if (lost.num > 0) {
        cli_say(&session->console, CLI_ERROR, "%s: %" PRIu64 " %s not be written: %s",
                session->options->certificate_folder, lost.num,
                lost.num == 1 ? "certificate could" : "certificates could", strerror(lost.error));
        session->status = CLI_UNREADABLE;
    }
}

/* What could not be read weighs more than what was found in the rest. */
static void judge(struct cli_session *session, const struct ht_summary *summary)
{
    const struct cli_options *o    = session->options;
    enum ht_severity worst         = ht_summary_worst(summary);
    enum ht_policy_verdict verdict = ht_summary_verdict(summary);
    bool severe                    = worst != HT_NUM_SEVERITIES && worst >= o->fail_on;
    bool unwanted = o->fail_on_verdict != HT_POLICY_NONE && verdict >= o->fail_on_verdict;
    if (session->status == CLI_OK && (severe || unwanted)) {
        session->status = CLI_FINDINGS;
    }
}

void cli_report(struct cli_session *session)
{
    const struct cli_options *o = session->options;
    struct ht_arena arena       = {0};
    tell_lost(session);
    if (!cli_options_report(o)) {
        return;
    }
    struct ht_summary *summary = summarise(session);
    if (summary == NULL) {
        errno = ENOMEM;
        fail(session, "the report");
        return;
    }
    const struct ht_summary_data *data = ht_summary_data(summary);
    bool written                       = (!o->audit || write_audit(session, summary, &arena)) &&
                   (!o->inventory || write_inventory(session, data));
    if (!written && !session->writer.failed) { /* of which the writer told */
        errno = ENOMEM;
        fail(session, "the report");
    }
    if (session->bill != NULL && !write_bill(session, data)) {
        fail(session, o->bill);
    }
    judge(session, summary);
    ht_summary_free(summary);
    ht_arena_clear(&arena);
}
