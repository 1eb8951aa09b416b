#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const struct ht_sink_ops *const formats[] = {&ht_text_sink, &ht_json_sink};

static bool set_format(struct cli_options *o, const char *value, struct ht_error *error)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (strcmp(formats[i]->name, value) == 0) {
            o->format = formats[i];
            return true;
        }
    }
    return ht_fail(error, "-f %s: no such format; there are text and json", value);
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

static bool read_number(const char *value, unsigned long max, unsigned long *out)
{
    char *end;
    errno = 0;
    *out  = strtoul(value, &end, 10);
    return errno == 0 && end != value && *end == '\0' && *out > 0 && *out <= max &&
           strchr(value, '-') == NULL;
}

static bool set_width(struct cli_options *o, const char *value, struct ht_error *error)
{
    unsigned long width = 0;
    if (!read_number(value, 100000, &width)) {
        return ht_fail(error, "--width %s: not a number of columns", value);
    }
    o->width = (unsigned)width;
    return true;
}

static bool set_snaplen(struct cli_options *o, const char *value, struct ht_error *error)
{
    unsigned long snaplen = 0;
    if (!read_number(value, 262144, &snaplen)) {
        return ht_fail(error, "-s %s: not a number of bytes from 1 to 262144", value);
    }
    o->snaplen = (uint32_t)snaplen;
    return true;
}

static bool set_interface(struct cli_options *o, const char *value, struct ht_error *error)
{
    (void)error;
    o->interface = value;
    return true;
}

static bool set_output(struct cli_options *o, const char *value, struct ht_error *error)
{
    (void)error;
    o->output = value;
    return true;
}

static bool set_filter(struct cli_options *o, const char *value, struct ht_error *error)
{
    (void)error;
    o->filter = value;
    return true;
}

static bool set_flag(struct cli_options *o, const char *name, struct ht_error *error)
{
    (void)error;
    o->events |= strcmp(name, "events") == 0;
    o->no_ndpi |= strcmp(name, "no-ndpi") == 0;
    o->no_promiscuous |= strcmp(name, "no-promiscuous") == 0;
    o->quiet |= strcmp(name, "quiet") == 0;
    return true;
}

static bool set_action(struct cli_options *o, const char *name, struct ht_error *error)
{
    (void)error;
    o->action = strcmp(name, "help") == 0         ? CLI_HELP
                : strcmp(name, "version") == 0    ? CLI_VERSION
                : strcmp(name, "interfaces") == 0 ? CLI_INTERFACES
                                                  : CLI_SCHEMA;
    return true;
}

/* Every option: its short letter or 0, its long name, what its value is called (NULL: it takes
 * none; then `set` gets the name), what it does. */
static const struct {
    int letter;
    const char *name, *value;
    bool (*set)(struct cli_options *o, const char *value, struct ht_error *error);
    const char *help;
} options[] = {
    {'f', "format", "FORMAT", set_format, "text (for people) or json (JSON Lines); default text"},
    {'i', "interface", "NAME", set_interface, "listen to an interface, \"any\" for all"},
    {'D', "interfaces", NULL, set_action, "list the interfaces"},
    {'F', "filter", "EXPRESSION", set_filter, "look only at frames that match, as in tcpdump"},
    {'o', "output", "FILE", set_output, "write there instead of standard output"},
    {'e', "events", NULL, set_flag, "also a line for each event as it happens"},
    {'s', "snaplen", "BYTES", set_snaplen, "capture so many bytes of a frame"},
    {'p', "no-promiscuous", NULL, set_flag, "capture only what is addressed to this machine"},
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
          "       hellotap [OPTIONS] -i INTERFACE\n\n"
          "Tells the story of every connection in a capture: DNS, TCP, TLS.\n\n",
          out);
    for (int i = 0; i < NUM_OPTIONS; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "--%s%s%s", options[i].name,
                       options[i].value != NULL ? " " : "",
                       options[i].value != NULL ? options[i].value : "");
        if (options[i].letter != 0) {
            fprintf(out, "  -%c, %-22s %s\n", options[i].letter, name, options[i].help);
        } else {
            fprintf(out, "      %-22s %s\n", name, options[i].help);
        }
    }
    fputs("\nExit status: 0 all read, 2 wrong usage, 3 an input could not be read whole.\n"
          "See hellotap(1), and hellotap-json(5) for the records.\n",
          out);
}

static void fill_tables(char *letters, struct option *longs)
{
    *letters++ = ':';
    for (int i = 0; i < NUM_OPTIONS; i++) {
        longs[i] = (struct option){
            .name = options[i].name, .has_arg = options[i].value != NULL, .val = FIRST_LONG + i};
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
        return ht_fail(error, "%s: no such option; see hellotap --help", word);
    }
    return options[i].set(out, options[i].value != NULL ? optarg : options[i].name, error);
}

bool cli_options_read(struct cli_options *out, int argc, char **argv, struct ht_error *error)
{
    char letters[2 * NUM_OPTIONS + 2];
    struct option longs[NUM_OPTIONS + 1];
    *out = (struct cli_options){.format = &ht_text_sink};
    fill_tables(letters, longs);
    opterr = 0;
    for (int answer; (answer = getopt_long(argc, argv, letters, longs, NULL)) != -1;) {
        if (!read_option(out, answer, argv, error)) {
            return false;
        }
    }
    out->files = argv + optind;
    if (out->action != CLI_RUN) {
        return true;
    }
    if (out->interface != NULL && *out->files != NULL) {
        return ht_fail(error, "either an interface or files, not both");
    }
    if (out->interface == NULL && *out->files == NULL) {
        return ht_fail(error, "nothing to read: name a capture file, or - or -i INTERFACE; "
                              "see hellotap --help");
    }
    return true;
}
