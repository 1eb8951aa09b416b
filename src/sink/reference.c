/*
 * The manual page of the JSON output: every field by its path, in the words of the field tables.
 */
#include "sink/schema.h"

enum { MAX_PATH = 256, MAX_SEEN = 256 };

struct reference {
    FILE *out;
    const struct ht_schema_parts *parts;
    const struct ht_struct *seen[MAX_SEEN]; /* described in this section */
    char seen_at[MAX_SEEN][MAX_PATH];
    size_t num_seen;
};

/* Writes text so that roff takes none of it for a request, an escape or a hyphen. */
static void put(struct reference *r, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\\') {
            fputs("\\e", r->out);
        } else if (*text == '-') {
            fputs("\\-", r->out);
        } else if (*text == '\'') {
            fputs("\\(aq", r->out);
        } else {
            fputc(*text, r->out);
        }
    }
}

/* A line of its own; "\&" keeps a dot at its head from being a request. */
static void put_line(struct reference *r, const char *text)
{
    fputs("\\&", r->out);
    put(r, text);
    fputc('\n', r->out);
}

static const char *kind_name(const struct ht_field *field)
{
    static const char *const names[] = {[HT_BOOL]        = "boolean",
                                        [HT_UINT]        = "number",
                                        [HT_INT]         = "number",
                                        [HT_TIME]        = "time",
                                        [HT_LABEL]       = "word",
                                        [HT_TEXT]        = "text",
                                        [HT_HEX]         = "hexadecimal",
                                        [HT_ADDRESS]     = "address",
                                        [HT_NAMED]       = "id and name",
                                        [HT_LIST_NAMED]  = "list of names",
                                        [HT_LIST_UINT]   = "list of numbers",
                                        [HT_LIST_TEXT]   = "list of texts",
                                        [HT_LIST_LABEL]  = "list of words",
                                        [HT_LIST_HEX]    = "list of hexadecimal",
                                        [HT_OBJECT]      = "object",
                                        [HT_LIST_OBJECT] = "list of objects",
                                        [HT_ANY]         = "object"};
    return names[field->kind];
}

static void put_item(struct reference *r, const char *path, const char *kind,
                     const struct ht_registry *names)
{
    fputs(".TP\n\\fB", r->out);
    put(r, path);
    fputs("\\fR (", r->out);
    put(r, kind);
    if (names != NULL) {
        fputs(", ", r->out);
        put(r, names->title);
    }
    fputs(")\n", r->out);
}

static void put_doc(struct reference *r, const struct ht_field *field)
{
    char text[1024];
    (void)snprintf(text, sizeof text, "%s%s%s", field->doc,
                   (field->flags & HT_DERIVED) != 0 ? " (derived)" : "",
                   (field->flags & HT_INFERRED) != 0 ? " (inferred)" : "");
    put_line(r, text);
}

/* A struct that a section described before is referred to; NULL where this is the first time. */
static const char *seen_at(struct reference *r, const struct ht_struct *type, const char *path)
{
    for (size_t i = 0; i < r->num_seen; i++) {
        if (r->seen[i] == type) {
            return r->seen_at[i];
        }
    }
    if (r->num_seen < MAX_SEEN) {
        (void)snprintf(r->seen_at[r->num_seen], MAX_PATH, "%s", path);
        r->seen[r->num_seen++] = type;
    }
    return NULL;
}

static void put_struct(struct reference *r, const struct ht_struct *type, const char *prefix);

static void put_nested(struct reference *r, const struct ht_struct *type, const char *path)
{
    const char *before = seen_at(r, type, path);
    if (before != NULL) {
        fputs("\\&As \\fB", r->out);
        put(r, before);
        fputs("\\fR.\n", r->out);
        return;
    }
    char prefix[MAX_PATH];
    (void)snprintf(prefix, sizeof prefix, "%s.", path);
    put_struct(r, type, prefix);
}

static void put_details(struct reference *r)
{
    for (size_t i = 0; r->parts->details[i] != NULL; i++) {
        const struct ht_struct *details = r->parts->details[i];
        put_item(r, details->name, "object", NULL);
        put_line(r, details->doc);
        put_nested(r, details, details->name);
    }
}

static void put_field(struct reference *r, const struct ht_field *field, const char *prefix)
{
    char path[MAX_PATH];
    (void)snprintf(path, sizeof path, "%s%s%s", prefix, field->name,
                   field->kind == HT_LIST_OBJECT ? "[]" : "");
    put_item(r, path, kind_name(field), field->names);
    put_doc(r, field);
    if (field->of != NULL) {
        put_nested(r, field->of, path);
    }
}

static void put_struct(struct reference *r, const struct ht_struct *type, const char *prefix)
{
    for (size_t i = 0; i < type->num_fields; i++) {
        const struct ht_field *field = &type->fields[i];
        if ((field->flags & HT_INTERNAL) != 0 || field->doc == NULL) {
            continue;
        }
        if (field->kind != HT_ANY || field->name[0] != '\0') {
            put_field(r, field, prefix);
        } else if (type == &ht_connection_struct) {
            put_details(r);
        } else {
            put_item(r, "…", "object", NULL);
            put_doc(r, field);
            put_line(r, "Its key and its members are told under EVENTS.");
        }
    }
}

static void put_records(struct reference *r)
{
    fputs(".SH RECORDS\n", r->out);
    for (size_t i = 0; r->parts->records[i] != NULL; i++) {
        const struct ht_record_type *record = r->parts->records[i];
        fputs(".SS ", r->out);
        put(r, record->name);
        fputc('\n', r->out);
        put_line(r, record->data->doc);
        r->num_seen = 0;
        put_struct(r, record->data, "");
    }
}

static void put_events(struct reference *r)
{
    fputs(".SH EVENTS\nThe values of \\fBtimeline[].event\\fR, and of \\fBevent\\fR in event "
          "records.\n",
          r->out);
    r->num_seen = 0;
    for (size_t i = 0; r->parts->events[i] != NULL; i++) {
        const struct ht_event_type *event = r->parts->events[i];
        fputs(".SS ", r->out);
        put(r, event->name);
        fputc('\n', r->out);
        put_line(r, event->title);
        fputs(".br\n", r->out);
        put_line(r, event->doc != NULL ? event->doc : "");
        if (event->in_details) {
            fputs("In the timeline without members: the record holds them elsewhere.\n", r->out);
        }
        if (event->data != NULL) {
            put_item(r, event->data->name, "object", NULL);
            put_line(r, event->data->doc);
            put_nested(r, event->data, event->data->name);
        }
    }
}

static const char head[] =
    ".SH NAME\nhellotap\\-json \\- the records that hellotap writes as JSON Lines\n"
    ".SH DESCRIPTION\n"
    "With \\fB\\-f json\\fR, hellotap(1) writes one JSON object a line. Each has \\fBschema\\fR, "
    "which is \\(dqhellotap/1\\(dq, and \\fBtype\\fR, the record's name.\n"
    "Later versions add members; none is renamed, and none changes its type. "
    "A JSON Schema of all this is installed as hellotap\\-1.schema.json.\n"
    ".PP\n"
    "A value that was not seen is absent, never null. Where the protocol expected it, the timeline "
    "says why it is absent.\n"
    ".TP\ntime\nRFC 3339 in UTC, with nine decimals.\n"
    ".TP\nnumber\nAn integer. One whose name ends in _ns is a duration in nanoseconds, in _s one "
    "in "
    "seconds.\n"
    ".TP\nboolean\nAbsent where false, unless it is always written.\n"
    ".TP\nhexadecimal\nBytes, as lower\\-case digits.\n"
    ".TP\naddress\nIPv4, or IPv6 as RFC 5952 writes it.\n"
    ".TP\nid and name\nA value of a registry: {\\(dqid\\(dq: \\(dq0x1301\\(dq, \\(dqname\\(dq: "
    "\\(dqTLS_AES_128_GCM_SHA256\\(dq}; without a name where the registry has none.\n"
    ".TP\nlist of names\nValues of a registry, in the order of the wire, each by its name; by its "
    "number, \\(dq0x1a2b\\(dq, where it has none; GREASE (RFC 8701) as \\(dqGREASE_1A1A\\(dq.\n"
    ".TP\ntext\nCharacters that somebody sent. A byte that is not UTF\\-8 is written as the four "
    "characters \\exNN, NN being its two lower\\-case hexadecimal digits; a backslash of the text "
    "itself before what would look like that is written as \\ex5c. To have the bytes back, parse "
    "the JSON, then replace every \\exNN by its byte.\n"
    ".TP\n(derived)\nComputed from what was observed.\n"
    ".TP\n(inferred)\nA judgement.\n";

bool ht_reference_write(FILE *out, const struct ht_schema_parts *parts, const char *version)
{
    struct reference r = {.out = out, .parts = parts};
    fprintf(out, ".TH HELLOTAP\\-JSON 5 \"\" \"hellotap %s\" \"hellotap\"\n", version);
    fputs(head, out);
    put_records(&r);
    put_events(&r);
    fputs(".SH SEE ALSO\nhellotap(1)\n", out);
    return ferror(out) == 0;
}
