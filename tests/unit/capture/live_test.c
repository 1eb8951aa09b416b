/*
 * Interfaces, as far as they can be tested on any machine and by anybody.
 */
#include "support.h"

#include "capture/source.h"

#include <stdlib.h>

/* Who may not capture is told that, and who may that there is no such interface. */
static void says_why_it_cannot_open(void **state)
{
    (void)state;
    struct ht_error error;
    const struct ht_live_options options = {.snaplen = 96};
    assert_null(ht_live_open("no-interface0", &options, &error));
    const char *start = "no-interface0: ";
    assert_memory_equal(error.text, start, strlen(start));
    assert_true(strstr(error.text, "CAP_NET_RAW") != NULL || strstr(error.text, "-D") != NULL);
}

static void lists_interfaces(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len = 0;
    FILE *out  = open_memstream(&text, &len);
    struct ht_error error;
    bool some = ht_interfaces_print(out, &error);
    assert_int_equal(fclose(out), 0);
    assert_true(some ? len > 0 && text[len - 1] == '\n' : error.text[0] != '\0');
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_why_it_cannot_open),
        cmocka_unit_test(lists_interfaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
