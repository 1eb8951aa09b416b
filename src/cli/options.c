#include "cli/options.h"

#include "base/time.h"
#include "cli/number.h"
#include "policy/policy.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct ht_sink_ops *const formats[] = {&ht_text_sink, &ht_brief_sink, &ht_json_sink};

static bool set_format(struct cli_options *o, const char *value, struct ht_error *error)
{
    o->csv = strcmp(value, "csv") == 0;
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (strcmp(formats[i]->name, value) == 0) {
            o->format = formats[i];
            return true;
        }
    }
    return o->csv ||
           ht_fail(error,
                   "-f %s: no such format; there are text, brief, json, and csv for --inventory",
                   value);
}

static bool set_color(struct cli_options *o, const char *value, struct ht_error *error)
{
    static const char *const words[] = {"auto", "always", "never"};
    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(words[i], value) == 0) {
            o->color = (enum cli_color)i;
            return true;
        }
    }
    return ht_fail(error, "--color %s: say auto, always or never", value);
}

static bool set_width(struct cli_options *o, const char *value, struct ht_error *error)
{
    uint64_t width = 0;
    if (!cli_read_number(value, 100000, &width)) {
        return ht_fail(error, "--width %s: not a number of columns", value);
    }
    o->width = (unsigned)width;
    return true;
}

static bool set_snaplen(struct cli_options *o, const char *value, struct ht_error *error)
{
    uint64_t snaplen = 0;
    if (!cli_read_number(value, 262144, &snaplen)) {
        return ht_fail(error, "-s %s: not a number of bytes from 1 to 262144", value);
    }
    o->snaplen = (uint32_t)snaplen;
    return true;
}

static bool set_workers(struct cli_options *o, const char *value, struct ht_error *error)
{
    uint64_t workers = 0;
    if (!cli_read_number(value, 256, &workers)) {
        return ht_fail(error, "--workers %s: not a number from 1 to 256", value);
    }
    o->workers = (unsigned)workers;
    return true;
}

static bool set_buffer(struct cli_options *o, const char *value, struct ht_error *error)
{
    uint64_t mib = 0;
    if (!cli_read_number(value, 2047, &mib)) {
        return ht_fail(error, "--buffer %s: not a number of MiB from 1 to 2047", value);
    }
    o->buffer_bytes = (size_t)mib << 20;
    return true;
}

static bool set_max_flows(struct cli_options *o, const char *value, struct ht_error *error)
{
    uint64_t flows = 0;
    if (!cli_read_number(value, UINT32_MAX, &flows)) {
        return ht_fail(error, "--max-flows %s: not a number of flows", value);
    }
    o->max_flows = (size_t)flows;
    return true;
}

static bool fail_size(const char *option, const char *value, struct ht_error *error)
{
    return ht_fail(error, "--%s %s: not a size, like 500k, 64M or 2G", option, value);
}

/* With less, flows are refused before old ones could make room, and long records have none. */
static bool read_memory(const char *option, const char *value, unsigned least_mib, size_t *out,
                        struct ht_error *error)
{
    uint64_t bytes = 0;
    bool read      = cli_read_size(value, SIZE_MAX / 4, &bytes);
    *out           = (size_t)bytes;
    return (read || fail_size(option, value, error)) &&
           (bytes >> 20 >= least_mib ||
            ht_fail(error, "--%s %s: too little; %uM is the least", option, value, least_mib));
}

static bool set_max_memory(struct cli_options *o, const char *value, struct ht_error *error)
{
    return read_memory("max-memory", value, 16, &o->max_bytes, error);
}

static bool set_queue(struct cli_options *o, const char *value, struct ht_error *error)
{
    return read_memory("queue", value, 1, &o->queue_bytes, error);
}

static bool set_rotate_size(struct cli_options *o, const char *value, struct ht_error *error)
{
    return cli_read_size(value, INT64_MAX, &o->rotate_bytes) ||
           fail_size("rotate-size", value, error);
}

static bool fail_duration(const char *option, const char *value, struct ht_error *error)
{
    return ht_fail(error, "--%s %s: not a duration, like 30s, 10m, 1h or 1d", option, value);
}

static bool set_rotate_time(struct cli_options *o, const char *value, struct ht_error *error)
{
    return cli_read_duration(value, &o->rotate_ns) || fail_duration("rotate-time", value, error);
}

static bool set_stats_interval(struct cli_options *o, const char *value, struct ht_error *error)
{
    return cli_read_duration(value, &o->stats_interval_ns) ||
           fail_duration("stats-interval", value, error);
}

static bool is_listed(const char *names, struct ht_bytes name)
{
    for (size_t len; (len = strcspn(names, ",")) > 0; names += len + (names[len] == ',')) {
        if (ht_bytes_equal(ht_bytes(names, len), name)) {
            return true;
        }
    }
    return false;
}

static bool add_interface(struct cli_options *o, const char *name, size_t len,
                          struct ht_error *error)
{
    size_t used = strlen(o->interfaces), room = sizeof o->interfaces - used;
    bool any = ht_bytes_equal(ht_bytes(name, len), ht_text("any"));
    if (is_listed(o->interfaces, ht_bytes(name, len))) {
        return ht_fail(error, "-i %.*s: the interface is named twice", (int)len, name);
    }
    if (used > 0 && (any || is_listed(o->interfaces, ht_text("any")))) {
        return ht_fail(error, "-i: \"any\" is all interfaces: name it, or others");
    }
    int more = snprintf(o->interfaces + used, room, "%s%.*s", used > 0 ? "," : "", (int)len, name);
    return (more >= 0 && (size_t)more < room) ||
           ht_fail(error, "-i: more interfaces than can be listened to");
}

static bool set_interface(struct cli_options *o, const char *value, struct ht_error *error)
{
    const char *name = value;
    for (size_t len;; name += len + 1) {
        len = strcspn(name, ",");
        if (len == 0) {
            return ht_fail(error, "-i '%s': a name is missing", value);
        }
        if (!add_interface(o, name, len, error)) {
            return false;
        }
        if (name[len] == '\0') {
            return true;
        }
    }
}

/* The first would be forgotten. */
static bool fail_twice(const char *option, struct ht_error *error)
{
    return ht_fail(error, "--%s: there can be one, and it was named before", option);
}

static bool set_output(struct cli_options *o, const char *value, struct ht_error *error)
{
    if (o->output != NULL) {
        return fail_twice("output", error);
    }
    o->output = strcmp(value, "-") == 0 ? NULL : value;
    return value[0] != '\0' || ht_fail(error, "--output: the file's name is empty");
}

static bool set_bill(struct cli_options *o, const char *value, struct ht_error *error)
{
    if (o->bill != NULL) {
        return fail_twice("cbom", error);
    }
    o->bill = value;
    return strcmp(value, "-") != 0 ||
           ht_fail(error, "--cbom -: standard output is for the records: name a file");
}

/* What stands up to " or ", or the end, and again behind it. */
static bool add_conditions(struct cli_options *o, const char *value, struct ht_error *error)
{
    static const char or [] = " or ";
    const char *next        = NULL;
    for (const char *at = value; at != NULL; at = next != NULL ? next + strlen(or) : NULL) {
        next                       = strstr(at, or);
        size_t len                 = next != NULL ? (size_t)(next - at) : strlen(at);
        struct ht_condition *added = &o->only[o->num_only];
        if (o->num_only++ == CLI_MAX_CONDITIONS) {
            return ht_fail(error, "--only '%s': more conditions than %d", value,
                           CLI_MAX_CONDITIONS);
        }
        if (!ht_condition_read(added, ht_bytes(at, len))) {
            return ht_fail(error,
                           "--only '%s': say FIELD=PATTERN, FIELD!=PATTERN, FIELD<VALUE, "
                           "FIELD>VALUE or FIELD; several with \" or \" between them",
                           value);
        }
        added->or_next = next != NULL;
    }
    return true;
}

static bool set_audit(struct cli_options *o, const char *value, struct ht_error *error)
{
    (void)error;
    o->audit  = true;
    o->policy = value; /* NULL: none was named */
    return true;
}

static bool set_fail_on(struct cli_options *o, const char *value, struct ht_error *error)
{
    o->fail_on         = ht_severity_of(value);
    o->fail_on_verdict = ht_policy_verdict_of(value);
    return o->fail_on != HT_NUM_SEVERITIES || o->fail_on_verdict > HT_POLICY_REPORT ||
           ht_fail(error,
                   "--fail-on %s: say critical, high, medium, low or info; or fail or warn, as the "
                   "policy does",
                   value);
}

static bool set_as_of(struct cli_options *o, const char *value, struct ht_error *error)
{
    bool read   = ht_time_read(value, &o->as_of_ns);
    o->as_of_ns = o->as_of_ns != 0 ? o->as_of_ns : 1; /* 1970 began, as near as can be said */
    return read ||
           ht_fail(error, "--as-of %s: not a date, like 2026-03-15 or 2026-03-15T12:00:00Z", value);
}

static bool set_sandbox(struct cli_options *o, const char *value, struct ht_error *error)
{
    o->no_sandbox = strcmp(value, "off") == 0;
    return o->no_sandbox || strcmp(value, "on") == 0 ||
           ht_fail(error, "--sandbox %s: say on or off", value);
}

static bool set_flag(struct cli_options *o, const char *name, struct ht_error *error)
{
    (void)error;
    o->events |= strcmp(name, "events") == 0;
    o->verify |= strcmp(name, "verify") == 0;
    o->inventory |= strcmp(name, "inventory") == 0;
    o->no_ndpi |= strcmp(name, "no-ndpi") == 0;
    o->no_promiscuous |= strcmp(name, "no-promiscuous") == 0;
    o->immediate |= strcmp(name, "immediate") == 0;
    o->quiet |= strcmp(name, "quiet") == 0;
    return true;
}

static bool set_action(struct cli_options *o, const char *name, struct ht_error *error)
{
    (void)error;
    o->action = strcmp(name, "help") == 0         ? CLI_HELP
                : strcmp(name, "version") == 0    ? CLI_VERSION
                : strcmp(name, "interfaces") == 0 ? CLI_INTERFACES
                : strcmp(name, "rules") == 0      ? CLI_RULES
                                                  : CLI_SCHEMA;
    return true;
}

#define TEXT(member) offsetof(struct cli_options, member)

/* Every option: its short letter or 0, its long name, what its value is called (NULL: it takes
 * none, then `set` gets the name; in brackets: it may have one, else `set` gets NULL), what it
 * does. Where `set` is NULL, the value as it is goes to the member at `text`. */
static const struct {
    int letter;
    const char *name, *value;
    bool (*set)(struct cli_options *o, const char *value, struct ht_error *error);
    const char *help;
    size_t text;
} options[] = {
    {'f', "format", "FORMAT", set_format,
     "text (for people; the default), brief (a line a connection) or json (JSON Lines)"},
    {'i', "interface", "NAME", set_interface,
     "listen to an interface (or several), \"any\" for all"},
    {'D', "interfaces", NULL, set_action, "list the interfaces"},
    {'F', "filter", "EXPRESSION", NULL, "look only at frames that match, as in tcpdump",
     TEXT(filter)},
    {0, "only", "FIELD=PATTERN", add_conditions,
     "write only records of which this holds, as server_name=*.example.com"},
    {'o', "output", "FILE", set_output, "write there instead of standard output"},
    {'e', "events", NULL, set_flag, "also a line for each event as it happens"},
    {0, "verify", NULL, set_flag, "check the signatures of handshakes, and certificates"},
    {0, "audit", "[=POLICY]", set_audit, "say what is wrong; POLICY: a name, or a JSON file"},
    {0, "fail-on", "WHAT", set_fail_on,
     "with --audit: exit status 1 if it finds such: a severity, or fail"},
    {0, "as-of", "DATE", set_as_of, "judge as of this date, not as of the packets'"},
    {0, "rules", NULL, set_action,
     "print what an audit looks for; with --audit=POLICY what that says"},
    {0, "inventory", NULL, set_flag, "list servers and clients; also as -f csv"},
    {0, "cbom", "FILE", set_bill, "write a cryptographic bill of materials (CycloneDX)"},
    {0, "keylog", "FILE", NULL, "keys of sessions (SSLKEYLOGFILE), to read handshakes with",
     TEXT(key_log)},
    {0, "trust-store", "PATH", NULL,
     "trust these certificates, a file or directory, or none; default the system's",
     TEXT(trust_store)},
    {0, "crl", "FILE", NULL, "certificates revoked", TEXT(crl)},
    {0, "ct-logs", "FILE", NULL, "logs of Certificate Transparency, in JSON", TEXT(ct_logs)},
    {0, "export-certificates", "DIR", NULL, "write each certificate there",
     TEXT(certificate_folder)},
    {'s', "snaplen", "BYTES", set_snaplen, "capture so many bytes of a frame"},
    {'p', "no-promiscuous", NULL, set_flag, "capture only what is addressed to this machine"},
    {0, "buffer", "MIB", set_buffer, "for frames of an interface; default 64"},
    {0, "immediate", NULL, set_flag, "take frames one by one as they arrive"},
    {0, "rotate-size", "SIZE", set_rotate_size, "begin a new file before it grows larger"},
    {0, "rotate-time", "TIME", set_rotate_time, "begin a new file every so often"},
    {0, "queue", "SIZE", set_queue, "for lines that cannot be written at once; default 16M"},
    {0, "stats-interval", "TIME", set_stats_interval, "a stats record every so often; default 60s"},
    {0, "workers", "N", set_workers, "share the work among N threads"},
    {0, "max-flows", "N", set_max_flows, "remember so many flows at once; default 2000000"},
    {0, "max-memory", "SIZE", set_max_memory,
     "for what is remembered of flows; default a quarter of the machine's"},
    {0, "user", "NAME", NULL, "become this user once all is open", TEXT(user)},
    {0, "sandbox", "on|off", set_sandbox, "give up what is not needed to read; default on"},
    {0, "no-ndpi", NULL, set_flag, "no application labels by libndpi"},
    {0, "color", "WHEN", set_color, "auto, always or never"},
    {0, "width", "COLUMNS", set_width, "fold text to so many columns"},
    {'q', "quiet", NULL, set_flag, "no progress on standard error"},
    {0, "schema", NULL, set_action, "print the JSON Schema of the records"},
    {'V', "version", NULL, set_action, "print the version"},
    {'h', "help", NULL, set_action, "print this"},
};

enum { NUM_OPTIONS = sizeof options / sizeof options[0], FIRST_LONG = 256 };

void cli_options_help(FILE *out)
{
    fputs("usage: hellotap [OPTIONS] FILE|DIRECTORY|- …\n"
          "       hellotap [OPTIONS] -i INTERFACE …\n"
          "       hellotap diff OLD.json NEW.json\n\n"
          "Tells the story of every connection in a capture: DNS, TCP, TLS.\n\n",
          out);
    for (int i = 0; i < NUM_OPTIONS; i++) {
        char name[64];
        const char *value = options[i].value != NULL ? options[i].value : "";
        const char *space = value[0] != '\0' && value[0] != '[' ? " " : "";
        (void)snprintf(name, sizeof name, "--%s%s%s", options[i].name, space, value);
        if (options[i].letter != 0) {
            fprintf(out, "  -%c, %-22s %s\n", options[i].letter, name, options[i].help);
        } else {
            fprintf(out, "      %-22s", name);
            fprintf(out, strlen(name) > 22 ? "\n%29s%s\n" : "%1s%s\n", "", options[i].help);
        }
    }
    fputs("\nExit status: 0 all read, 1 findings as of --fail-on, 2 wrong usage,\n"
          "3 an input could not be read whole, or an output not be written.\n"
          "See hellotap(1), hellotap-policy(5), and hellotap-json(5) for the records.\n",
          out);
}

static int takes(int i)
{
    const char *value = options[i].value;
    return value == NULL ? no_argument : value[0] == '[' ? optional_argument : required_argument;
}

static void fill_tables(char *letters, struct option *longs)
{
    *letters++ = ':';
    for (int i = 0; i < NUM_OPTIONS; i++) {
        longs[i] =
            (struct option){.name = options[i].name, .has_arg = takes(i), .val = FIRST_LONG + i};
        if (options[i].letter != 0) {
            *letters++ = (char)options[i].letter;
        }
        if (options[i].letter != 0 && options[i].value != NULL) {
            *letters++ = ':';
        }
    }
    *letters           = '\0';
    longs[NUM_OPTIONS] = (struct option){0};
}

static int index_of(int answer)
{
    for (int i = 0; i < NUM_OPTIONS; i++) {
        if (answer == FIRST_LONG + i || answer == options[i].letter) {
            return i;
        }
    }
    return -1;
}

/* An option that takes no value was given one; or it is none, or the beginning of several. */
static bool refuse(const char *word, struct ht_error *error)
{
    size_t len = strcspn(word, "="), num = 0;
    const char *instead = strcmp(word, "-r") == 0   ? ": a file is named without an option"
                          : strcmp(word, "-w") == 0 ? ": -o FILE is where records go"
                          : strcmp(word, "-Y") == 0 ? ": --only chooses records, --filter frames"
                                                    : "";
    for (int i = 0; i < NUM_OPTIONS && len > 2; i++) {
        num += strncmp(options[i].name, word + 2, len - 2) == 0;
    }
    if (optopt >= FIRST_LONG) {
        return ht_fail(error, "%s: the option takes no value", word);
    }
    return ht_fail(error, "%s: %s%s; see hellotap --help", word,
                   num > 1 ? "several options begin so" : "no such option", instead);
}

static bool read_option(struct cli_options *out, int answer, char **argv, struct ht_error *error)
{
    char letter[]    = {'-', (char)optopt, '\0'};
    bool is_letter   = optopt > 0 && optopt < FIRST_LONG;
    const char *word = is_letter ? letter : argv[optind - 1];
    if (answer == ':') {
        return ht_fail(error, "%s: a value is missing", word);
    }
    int i = index_of(answer);
    if (answer == '?' || i < 0) {
        return refuse(word, error);
    }
    if (options[i].set == NULL) {
        const char **text = (const char **)((char *)out + options[i].text);
        bool first        = *text == NULL;
        *text             = optarg;
        return first || fail_twice(options[i].name, error);
    }
    return options[i].set(out, options[i].value != NULL ? optarg : options[i].name, error);
}

/* "--audit modern" names a file. */
static bool looks_like_policy(const char *file)
{
    for (size_t i = 0; ht_policy_names[i] != NULL; i++) {
        if (strcmp(file, ht_policy_names[i]) == 0 && access(file, F_OK) != 0) {
            return true;
        }
    }
    return false;
}

/* What is asked of the story must be told at all. */
static bool check_story(const struct cli_options *o, struct ht_error *error)
{
    const char *without =
        o->inventory ? "--inventory leaves out" : "--audit leaves out of its text: say -f json";
    if (o->format == &ht_brief_sink && (o->audit || o->inventory || o->events)) {
        return ht_fail(error, "-f brief is of connections alone: with %s say -f text or json",
                       o->audit       ? "--audit"
                       : o->inventory ? "--inventory"
                                      : "-e");
    }
    if (o->events && !cli_options_stories(o)) {
        return ht_fail(error, "-e tells events beside the connections, which %s", without);
    }
    if (o->num_only > 0 && !cli_options_stories(o)) {
        return ht_fail(error,
                       "--only chooses among records, which %s; --filter chooses among frames",
                       without);
    }
    return true;
}

/* What of reports fits together. */
static bool check_reports(const struct cli_options *o, struct ht_error *error)
{
    bool by_verdict = o->fail_on_verdict != HT_POLICY_NONE;
    if ((o->fail_on != HT_NUM_SEVERITIES || by_verdict) && !o->audit) {
        return ht_fail(error, "--fail-on is of what --audit finds: say --audit too");
    }
    if (by_verdict && o->policy == NULL) {
        return ht_fail(error, "--fail-on %s is a policy's verdict: say --audit=POLICY",
                       ht_policy_verdict_name(o->fail_on_verdict));
    }
    if (o->csv && !o->inventory) {
        return ht_fail(error, "-f csv is of --inventory; there are text, brief and json");
    }
    if (o->audit && o->inventory) {
        return ht_fail(error, "either --audit or --inventory, not both");
    }
    if (o->audit && o->policy == NULL && *o->files != NULL && looks_like_policy(*o->files)) {
        return ht_fail(error, "a policy is part of its option's word: say --audit=%s", *o->files);
    }
    return check_story(o, error);
}

/* An option that only an interface has a use for, and that was said; or NULL. */
static const char *live_only(const struct cli_options *o)
{
    return o->snaplen != 0        ? "--snaplen"
           : o->buffer_bytes != 0 ? "--buffer"
           : o->queue_bytes != 0  ? "--queue"
           : o->immediate         ? "--immediate"
           : o->no_promiscuous    ? "--no-promiscuous"
                                  : NULL;
}

/* What would have no effect is not what was meant. */
static bool check_effects(const struct cli_options *o, struct ht_error *error)
{
    const char *useless = cli_options_live(o) ? NULL : live_only(o);
    bool judges =
        o->audit || o->verify || o->trust_store != NULL || o->crl != NULL || o->ct_logs != NULL;
    if (useless != NULL) {
        return ht_fail(error, "%s is of interfaces: say -i INTERFACE too", useless);
    }
    return o->as_of_ns == 0 || judges ||
           ht_fail(error, "--as-of is of what is judged: say --audit or --verify too");
}

/* "hellotap -f json diff OLD NEW" names a file. */
static bool looks_like_diff(const struct cli_options *o)
{
    return *o->files != NULL && strcmp(*o->files, "diff") == 0 && access("diff", F_OK) != 0;
}

static bool reads_input_twice(const struct cli_options *o)
{
    unsigned times = 0;
    for (char **file = o->files; *file != NULL; file++) {
        times += strcmp(*file, "-") == 0;
    }
    return times > 1;
}

/* What fits together. */
static bool check(const struct cli_options *o, struct ht_error *error)
{
    bool live = cli_options_live(o), rotate = o->rotate_bytes != 0 || o->rotate_ns != 0;
    if (live && *o->files != NULL) {
        return ht_fail(error, "either an interface or files, not both");
    }
    if (!live && *o->files == NULL) {
        return ht_fail(error, "nothing to read: name a capture file, or - or -i INTERFACE; "
                              "see hellotap --help");
    }
    if (reads_input_twice(o)) {
        return ht_fail(error, "- is named twice: standard input can be read once");
    }
    if (looks_like_diff(o)) {
        return ht_fail(error, "diff comes before its options: hellotap diff OLD.json NEW.json …");
    }
    if (rotate && o->output == NULL) {
        return ht_fail(error, "--rotate-size and --rotate-time are of files: say -o FILE");
    }
    return check_effects(o, error) && check_reports(o, error);
}

/* A file beside what is printed of the program itself would be taken for what that is of. */
static bool check_alone(const struct cli_options *o, struct ht_error *error)
{
    if (o->action == CLI_RULES && o->csv) {
        return ht_fail(error, "-f csv is of --inventory; there are text, brief and json");
    }
    const char *prints = o->action == CLI_RULES        ? "--rules"
                         : o->action == CLI_SCHEMA     ? "--schema"
                         : o->action == CLI_INTERFACES ? "--interfaces"
                                                       : NULL;
    return prints == NULL || *o->files == NULL ||
           ht_fail(error, "%s: %s reads no file%s", *o->files, prints,
                   o->action == CLI_RULES ? "; a policy is named by --audit=POLICY" : "");
}

bool cli_options_read(struct cli_options *out, int argc, char **argv, struct ht_error *error)
{
    char letters[2 * NUM_OPTIONS + 2];
    struct option longs[NUM_OPTIONS + 1];
    *out = (struct cli_options){.format = &ht_text_sink, .fail_on = HT_NUM_SEVERITIES};
    fill_tables(letters, longs);
    opterr = 0;
    for (int answer; (answer = getopt_long(argc, argv, letters, longs, NULL)) != -1;) {
        if (!read_option(out, answer, argv, error)) {
            return false;
        }
    }
    out->files = argv + optind;
    return out->action == CLI_RUN ? check(out, error) : check_alone(out, error);
}
