#include "cli/diff.h"

#include "cli/number.h"
#include "cli/options.h"
#include "report/diff.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct request {
    bool json, color, help;
    unsigned width; /* 0: not said */
    char **files;   /* two; NULL: help was asked for */
};

static const char usage[] =
    "usage: hellotap diff [-f text|json] [--color WHEN] [--width N] OLD.json NEW.json";

static bool set_format(struct request *request, const char *value, struct ht_error *error)
{
    request->json = strcmp(value, "json") == 0;
    return request->json || strcmp(value, "text") == 0 ||
           ht_fail(error, "-f %s: no such format; there are text and json", value);
}

static bool set_color(struct request *request, const char *value, struct ht_error *error)
{
    if (strcmp(value, "auto") == 0) {
        return true;
    }
    request->color = strcmp(value, "always") == 0;
    return request->color || strcmp(value, "never") == 0 ||
           ht_fail(error, "--color %s: say auto, always or never", value);
}

static bool set_width(struct request *request, const char *value, struct ht_error *error)
{
    uint64_t width = 0;
    if (!cli_read_number(value, 100000, &width)) {
        return ht_fail(error, "--width %s: not a number of columns", value);
    }
    request->width = (unsigned)width;
    return true;
}

static bool read_option(struct request *request, int option, struct ht_error *error)
{
    switch (option) {
    case 'f':
        return set_format(request, optarg, error);
    case 'c':
        return set_color(request, optarg, error);
    case 'w':
        return set_width(request, optarg, error);
    case 'h':
        request->help = true;
        return true;
    default:
        return ht_fail(error, "%s", usage);
    }
}

static bool read_arguments(struct request *request, int argc, char **argv, struct ht_error *error)
{
    static const struct option options[] = {{"format", required_argument, NULL, 'f'},
                                            {"color", required_argument, NULL, 'c'},
                                            {"width", required_argument, NULL, 'w'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    int option;
    request->color = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == NULL;
    opterr         = 0;
    while ((option = getopt_long(argc, argv, "f:h", options, NULL)) != -1) {
        if (!read_option(request, option, error)) {
            return false;
        }
    }
    if (request->help) {
        return true;
    }
    if (argc - optind != 2) {
        return ht_fail(error, "%s", usage);
    }
    request->files = argv + optind;
    return true;
}

static bool read_stream(FILE *stream, struct ht_chars *out)
{
    enum { STEP = 65536, MAX_BYTES = 1 << 30 };
    size_t got;
    do {
        char *room = out->len < MAX_BYTES ? ht_chars_room(out, STEP) : NULL;
        if (room == NULL) {
            errno = out->len < MAX_BYTES ? ENOMEM : EFBIG;
            return false;
        }
        got = fread(room, 1, STEP, stream);
        ht_chars_end(out, room + got);
    } while (got > 0);
    return ferror(stream) == 0;
}

static bool read_file(const char *path, struct ht_chars *out, struct ht_error *error)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *stream  = standard ? stdin : fopen(path, "rb");
    bool done     = stream != NULL && read_stream(stream, out);
    int reason    = errno;
    if (stream != NULL && !standard) {
        (void)fclose(stream);
    }
    return done || ht_fail(error, "%s: %s", path, strerror(reason));
}

static unsigned width_of(const struct request *request)
{
    struct winsize size;
    if (request->width != 0) {
        return request->width;
    }
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static bool render(const struct request *request, const struct ht_diff *diff, struct ht_chars *out)
{
    const struct ht_sink_config config = {.color = request->color, .width = width_of(request)};
    if (!request->json) {
        return ht_diff_text(diff, out, &config);
    }
    struct ht_sink *sink = ht_json_sink.open(&config);
    bool done = sink != NULL && ht_json_sink.record(sink, &ht_diff_record_type, diff, out);
    if (sink != NULL) {
        ht_json_sink.close(sink);
    }
    return done;
}

/* Returns the exit status, CLI_UNREADABLE with a message. */
static int compare(const struct request *request, const struct ht_chars texts[2],
                   struct ht_error *error)
{
    const struct ht_diff_input older = {request->files[0], ht_chars_view(&texts[0])};
    const struct ht_diff_input newer = {request->files[1], ht_chars_view(&texts[1])};
    struct ht_chars out              = {0};
    struct ht_diff_result *result    = ht_diff_new(&older, &newer, error);
    if (result == NULL) {
        return CLI_UNREADABLE;
    }
    int status = ht_diff_record(result)->changed ? CLI_FINDINGS : CLI_OK;
    if (!render(request, ht_diff_record(result), &out)) {
        (void)ht_fail(error, "out of memory");
        status = CLI_UNREADABLE;
    } else if (fwrite(out.ptr, 1, out.len, stdout) != out.len || fflush(stdout) != 0) {
        (void)ht_fail(error, "standard output: %s", strerror(errno));
        status = CLI_UNREADABLE;
    }
    ht_chars_free(&out);
    ht_diff_free(result);
    return status;
}

static int fail(int status, const struct ht_error *error)
{
    fprintf(stderr, "hellotap: %s\n", error->text);
    return status;
}

int cli_diff(int argc, char **argv)
{
    struct request request   = {0};
    struct ht_chars texts[2] = {0};
    struct ht_error error;
    if (!read_arguments(&request, argc, argv, &error)) {
        return fail(CLI_USAGE, &error);
    }
    if (request.files == NULL) {
        puts(usage);
        return CLI_OK;
    }
    int status = CLI_UNREADABLE;
    if (read_file(request.files[0], &texts[0], &error) &&
        read_file(request.files[1], &texts[1], &error)) {
        status = compare(&request, texts, &error);
    }
    ht_chars_free(&texts[0]);
    ht_chars_free(&texts[1]);
    return status == CLI_UNREADABLE ? fail(status, &error) : status;
}
