#include "policy/json_text.h"

#include "policy/place.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool load(char *text, const char *path, size_t max, struct ht_error *error)
{
    FILE *file = fopen(path, "re");
    size_t len = file != NULL ? fread(text, 1, max, file) : 0;
    bool whole = file != NULL && ferror(file) == 0;
    text[len]  = '\0';
    if (!whole) {
        (void)ht_fail(error, "%s: %s", path, strerror(errno));
    } else if (len == max) {
        whole = ht_fail(error, "%s: is larger than %zu bytes", path, max);
    } else if (strlen(text) != len) {
        unsigned line = place_line(text, text + strlen(text));
        whole         = ht_fail(error, "%s:%u: not JSON: a zero byte", path, line);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return whole;
}

static bool fail(const struct json_text *json, const char *path, const char *at, const char *why,
                 struct ht_error *error)
{
    return ht_fail(error, "%s:%u: not JSON: %s", path, place_line(json->text, at), why);
}

static bool parse(struct json_text *json, const char *path, struct ht_error *error)
{
    struct json_tokener *tokener = json_tokener_new();
    if (tokener == NULL) {
        return ht_fail(error, "%s: no memory", path);
    }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    json->root = json_tokener_parse_ex(tokener, json->text, (int)strlen(json->text) + 1);
    enum json_tokener_error why = json_tokener_get_error(tokener);
    const char *end             = json->text + json_tokener_get_parse_end(tokener);
    const char *apostrophe      = place_find_apostrophe(json->text);
    json_tokener_free(tokener);
    if (why != json_tokener_success) {
        return fail(json, path, end, json_tokener_error_desc(why), error);
    }
    return apostrophe == NULL || fail(json, path, apostrophe, "single quotes", error);
}

bool json_text_open(struct json_text *out, const char *path, size_t max, struct ht_error *error)
{
    *out = (struct json_text){.text = malloc(max + 1)};
    if (out->text == NULL) {
        return ht_fail(error, "%s: no memory", path);
    }
    if (!load(out->text, path, max, error) || !parse(out, path, error)) {
        json_text_close(out);
        return false;
    }
    return true;
}

bool json_text_copy(struct json_text *out, const char *name, const char *text,
                    struct ht_error *error)
{
    *out = (struct json_text){.text = strdup(text)};
    if (out->text == NULL) {
        return ht_fail(error, "%s: no memory", name);
    }
    if (!parse(out, name, error)) {
        json_text_close(out);
        return false;
    }
    return true;
}

void json_text_close(struct json_text *json)
{
    json_object_put(json->root);
    free(json->text);
    *json = (struct json_text){0};
}
