/*
 * Turns a registry in CSV (value,name,note; RFC 4180) into a C table, at build time.
 * usage: registry_table IN.csv OUT.c SYMBOL TITLE WIDTH GREASE(0|1)
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PAGES = 257 }; /* one for each high byte, and the empty one */

struct row {
    unsigned long value;
    char name[128];
    char note[128];
};

/* Reads one field up to the comma or the line's end; quotes are taken off. */
static const char *read_field(const char *at, char *out, size_t size)
{
    bool quoted = *at == '"';
    size_t n    = 0;
    at += quoted;
    while (*at != '\0' && *at != '\n' && *at != '\r' && (quoted || *at != ',')) {
        if (quoted && *at == '"' && *++at != '"') {
            quoted = false;
            continue;
        }
        if (n + 1 < size) {
            out[n++] = *at;
        }
        at++;
    }
    out[n] = '\0';
    return *at == ',' ? at + 1 : at;
}

static bool read_row(const char *line, struct row *out)
{
    char value[32];
    char *end;
    line       = read_field(line, value, sizeof value);
    line       = read_field(line, out->name, sizeof out->name);
    out->value = strtoul(value, &end, 0);
    (void)read_field(line, out->note, sizeof out->note);
    bool whole =
        strlen(out->name) + 1 < sizeof out->name && strlen(out->note) + 1 < sizeof out->note;
    return end != value && *end == '\0' && out->name[0] != '\0' && whole;
}

static int by_value(const void *a, const void *b)
{
    unsigned long x = ((const struct row *)a)->value, y = ((const struct row *)b)->value;
    return (x > y) - (x < y);
}

static size_t read_rows(FILE *in, struct row *rows, size_t max)
{
    char line[1024];
    size_t n = 0;
    while (n < max && fgets(line, sizeof line, in) != NULL) {
        n += read_row(line, &rows[n]);
    }
    qsort(rows, n, sizeof *rows, by_value);
    return n;
}

/* Where the entry of each value is, plus one, in pages of 256 values; most are on the first page,
 * which is empty. Values past 16 bits are in no page. */
static void write_pages(FILE *out, const struct row *rows, size_t n)
{
    static unsigned places[MAX_PAGES][256];
    unsigned page_of[256] = {0}, pages = 1;
    for (size_t i = 0; i < n && rows[i].value <= 0xFFFF; i++) {
        unsigned *page                      = &page_of[rows[i].value >> 8];
        *page                               = *page != 0 ? *page : pages++;
        places[*page][rows[i].value & 0xFF] = (unsigned)i + 1;
    }
    fprintf(out, "static const uint8_t page_of[256] = {");
    for (unsigned i = 0; i < 256; i++) {
        fprintf(out, "%s%u,", i % 32 == 0 ? "\n    " : " ", page_of[i]);
    }
    fprintf(out, "\n};\n\nstatic const uint16_t pages[][256] = {\n");
    for (unsigned page = 0; page < pages; page++) {
        fprintf(out, "    {");
        for (unsigned i = 0; i < 256; i++) {
            fprintf(out, "%s%u,", i % 32 == 0 ? "\n        " : " ", places[page][i]);
        }
        fprintf(out, "\n    },\n");
    }
    fprintf(out, "};\n\n");
}

static void write_table(FILE *out, const struct row *rows, size_t n, char **argv)
{
    fprintf(out, "/* Made from %s. */\n#include \"base/registry.h\"\n\n",
            strrchr(argv[1], '/') + 1);
    fprintf(out, "extern const struct ht_registry %s;\n\n", argv[3]);
    fprintf(out, "static const struct ht_registry_entry entries[] = {\n");
    for (size_t i = 0; i < n; i++) {
        fprintf(out, "    {0x%lx, \"%s\", \"%s\"},\n", rows[i].value, rows[i].name, rows[i].note);
    }
    fprintf(out, "};\n\n");
    write_pages(out, rows, n);
    fprintf(out,
            "const struct ht_registry %s = {\n    .title = \"%s\",\n    .width = %s,\n"
            "    .grease = %s,\n    .entries = entries,\n    .len = %zu,\n"
            "    .page_of = page_of,\n    .pages = pages,\n};\n",
            argv[3], argv[4], argv[5], strcmp(argv[6], "1") == 0 ? "true" : "false", n);
}

int main(int argc, char **argv)
{
    static struct row rows[4096];
    if (argc != 7) {
        fprintf(stderr, "usage: registry_table IN.csv OUT.c SYMBOL TITLE WIDTH GREASE\n");
        return 2;
    }
    FILE *in  = fopen(argv[1], "r");
    FILE *out = in != NULL ? fopen(argv[2], "w") : NULL;
    if (out == NULL) {
        perror(in != NULL ? argv[2] : argv[1]);
        return 1;
    }
    size_t n = read_rows(in, rows, sizeof rows / sizeof rows[0]);
    write_table(out, rows, n, argv);
    fclose(in);
    return n > 0 && fclose(out) == 0 ? 0 : 1;
}
