/*
 * hellotap-describe schema | strict-schema | man: what the build makes of the field tables. Not
 * installed.
 */
#include "cli/schema.h"

#include <string.h>

int main(int argc, char **argv)
{
    const char *what = argc == 2 ? argv[1] : "";
    bool written     = false;
    if (strcmp(what, "schema") == 0) {
        written = cli_schema_print(stdout);
    } else if (strcmp(what, "strict-schema") == 0) {
        written = cli_schema_print_strict(stdout);
    } else if (strcmp(what, "man") == 0) {
        written = cli_reference_print(stdout, HELLOTAP_VERSION);
    } else {
        fputs("usage: hellotap-describe schema | strict-schema | man\n", stderr);
        return 2;
    }
    return written && fflush(stdout) == 0 ? 0 : 1;
}
