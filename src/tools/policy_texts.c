/*
 * Puts policies (JSON) into a C file, at build time: the files stay the one source.
 * usage: policy_texts OUT.c IN.json…
 */
#include <stdio.h>
#include <string.h>

/* The file's name without its folder and ending. */
static void write_name(FILE *out, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name  = slash != NULL ? slash + 1 : path;
    const char *end   = strrchr(name, '.');
    fprintf(out, "\"%.*s\"", (int)(end != NULL ? end - name : 0), name);
}

static int write_text(FILE *out, const char *path)
{
    FILE *in = fopen(path, "r");
    char line[4096];
    if (in == NULL) {
        perror(path);
        return 1;
    }
    while (fgets(line, sizeof line, in) != NULL) {
        fputs("\n     \"", out);
        for (const char *at = line; *at != '\0' && *at != '\n'; at++) {
            fprintf(out, "%s%c", *at == '"' || *at == '\\' ? "\\" : "", *at);
        }
        fputs("\\n\"", out);
    }
    return fclose(in);
}

int main(int argc, char **argv)
{
    FILE *out  = argc > 2 ? fopen(argv[1], "w") : NULL;
    int failed = 0;
    if (out == NULL) {
        fputs("usage: policy_texts OUT.c IN.json…\n", stderr);
        return 2;
    }
    fputs("#include \"policy/contents.h\"\n\n#include <stddef.h>\n\n", out);
    fputs("const struct policy_text policy_texts[] = {\n", out);
    for (int i = 2; i < argc; i++) {
        fputs("    {", out);
        write_name(out, argv[i]);
        fputs(",", out);
        failed |= write_text(out, argv[i]);
        fputs("},\n", out);
    }
    fputs("    {NULL, NULL},\n};\n\nconst char *const ht_policy_names[] = {\n", out);
    for (int i = 2; i < argc; i++) {
        fputs("    ", out);
        write_name(out, argv[i]);
        fputs(",\n", out);
    }
    fputs("    NULL,\n};\n", out);
    return fclose(out) != 0 || failed != 0;
}
