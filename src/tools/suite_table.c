/*
 * Turns the facts about cipher suites in CSV into a C table, at build time, by rising number and
 * with pages to find one by, as registry_table does.
 * usage: suite_table IN.csv OUT.c
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The columns, in order. */
enum column {
    VALUE,
    NAME,
    KEY_EXCHANGE,
    AUTHENTICATION,
    CIPHER,
    STRENGTH_BITS,
    MODE,
    BLOCK_BITS,
    MAC,
    TAG_BITS,
    FORWARD_SECRECY,
    AEAD,
    EXPORT,
    REGISTERED,
    RECOMMENDED,
    GRADE,
    NUM_COLUMNS
};

enum { MAX_SUITES = 1024, MAX_FIELD = 64, MAX_PAGES = 257 };

struct suite {
    char field[NUM_COLUMNS][MAX_FIELD];
    unsigned id;
};

static bool read_suite(char *line, struct suite *out)
{
    line[strcspn(line, "\r\n")] = '\0';
    for (unsigned column = 0; column < NUM_COLUMNS; column++) {
        size_t len = strcspn(line, ",");
        if (len >= MAX_FIELD || (line[len] == ',') == (column == NUM_COLUMNS - 1)) {
            return false;
        }
        memcpy(out->field[column], line, len);
        out->field[column][len] = '\0';
        line += len + (line[len] == ',');
    }
    char *end;
    unsigned long id = strtoul(out->field[VALUE], &end, 16);
    out->id          = (unsigned)id;
    return *end == '\0' && id <= 0xFFFF;
}

static bool is_yes(const struct suite *suite, enum column column)
{
    return suite->field[column][0] == 'y';
}

static bool is_one_of(const char *word, const char *words)
{
    const char *at = strstr(words, word);
    return *word != '\0' && at != NULL && (at == words || at[-1] == ' ') &&
           (at[strlen(word)] == ' ' || at[strlen(word)] == '\0');
}

/* What a client should not offer, by the names of suite.h. */
static void write_kinds(FILE *out, const struct suite *suite)
{
    const char *cipher = suite->field[CIPHER];
    bool weak          = is_one_of(cipher, "RC4 DES DES40 RC2 IDEA 3DES") ||
                strcmp(suite->field[MAC], "HMAC-MD5") == 0;
    fprintf(out, "0");
    fputs(strcmp(cipher, "NULL") == 0 ? " | AUDIT_SUITE_NULL" : "", out);
    fputs(strcmp(suite->field[AUTHENTICATION], "anon") == 0 ? " | AUDIT_SUITE_ANONYMOUS" : "", out);
    fputs(is_yes(suite, EXPORT) ? " | AUDIT_SUITE_EXPORT" : "", out);
    fputs(weak ? " | AUDIT_SUITE_WEAK" : "", out);
    fputs(strcmp(suite->field[KEY_EXCHANGE], "RSA") == 0 ? " | AUDIT_SUITE_STATIC_RSA" : "", out);
}

static void write_suites(FILE *out, const struct suite *suites, size_t num)
{
    fprintf(out, "static const struct audit_suite suites[] = {\n");
    for (const struct suite *s = suites; s < suites + num; s++) {
        fprintf(out, "    {0x%04x, \"%s\", \"%s\", \"%s\", \"%s\", \"%s\", \"%s\", \"%s\",\n",
                s->id, s->field[NAME], s->field[KEY_EXCHANGE], s->field[AUTHENTICATION],
                s->field[CIPHER], s->field[MODE], s->field[MAC], s->field[GRADE]);
        fprintf(out, "     %s, %s, %s, %d, %d, %d, %d, '%s', ", s->field[STRENGTH_BITS],
                s->field[BLOCK_BITS], s->field[TAG_BITS], is_yes(s, AEAD),
                is_yes(s, FORWARD_SECRECY), is_yes(s, EXPORT), is_yes(s, REGISTERED),
                s->field[RECOMMENDED]);
        write_kinds(out, s);
        fprintf(out, "},\n");
    }
    fprintf(out, "};\n\n");
}

/* Where each suite is, plus one, in pages of 256; most values are on the first page, which is
 * empty. */
static void write_pages(FILE *out, const struct suite *suites, size_t num)
{
    static unsigned places[MAX_PAGES][256];
    unsigned page_of[256] = {0}, pages = 1;
    for (size_t i = 0; i < num; i++) {
        unsigned *page                     = &page_of[suites[i].id >> 8];
        *page                              = *page != 0 ? *page : pages++;
        places[*page][suites[i].id & 0xFF] = (unsigned)i + 1;
    }
    fprintf(out, "static const uint8_t page_of[256] = {");
    for (unsigned i = 0; i < 256; i++) {
        fprintf(out, "%s%u,", i % 32 == 0 ? "\n    " : " ", page_of[i]);
    }
    fprintf(out, "\n};\n\nstatic const uint16_t pages[][256] = {\n");
    for (unsigned i = 0; i < pages * 256; i++) {
        fprintf(out, "%s%u,%s", i % 256 == 0 ? "    {" : " ", places[i / 256][i % 256],
                i % 256 == 255 ? "},\n" : "");
    }
    fprintf(out, "};\n\n");
}

static int by_id(const void *a, const void *b)
{
    unsigned x = ((const struct suite *)a)->id, y = ((const struct suite *)b)->id;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    static struct suite suites[MAX_SUITES];
    char line[512];
    size_t num = 0;
    FILE *in   = argc == 3 ? fopen(argv[1], "r") : NULL;
    FILE *out  = in != NULL ? fopen(argv[2], "w") : NULL;
    if (out == NULL) {
        fprintf(stderr, "usage: suite_table IN.csv OUT.c\n");
        return 1;
    }
    bool good = fgets(line, sizeof line, in) != NULL; /* the names of the columns */
    while (good && fgets(line, sizeof line, in) != NULL) {
        good = num < MAX_SUITES && read_suite(line, &suites[num++]);
    }
    qsort(suites, num, sizeof *suites, by_id);
    fprintf(out,
            "/* Made from %s. */\n#include \"analysis/audit/suite.h\"\n\n#include <stddef.h>\n\n",
            strrchr(argv[1], '/') + 1);
    write_suites(out, suites, num);
    write_pages(out, suites, num);
    fprintf(out, "const struct audit_suite *audit_suite_find(uint16_t id)\n{\n"
                 "    uint16_t place = pages[page_of[id >> 8]][id & 0xFF];\n"
                 "    return place != 0 ? &suites[place - 1] : NULL;\n}\n");
    if (!good) {
        fprintf(stderr, "%s: line %zu is no cipher suite\n", argv[1], num + 1);
    }
    fclose(in);
    return good && fclose(out) == 0 ? 0 : 1;
}
