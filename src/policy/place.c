#include "policy/place.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *skip_space(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* From a quote to behind the one that ends the string. */
static const char *skip_string(const char *at)
{
    for (at++; *at != '\0' && *at != '"'; at++) {
        at += *at == '\\' && at[1] != '\0';
    }
    return at + (*at == '"');
}

/* To the comma behind the member or element that begins here, or to the bracket that closes what it
 * is in. */
static const char *skip_item(const char *at)
{
    for (unsigned depth = 0; *at != '\0';) {
        if (*at == '"') {
            at = skip_string(at);
            continue;
        }
        if (depth == 0 && strchr(",]}", *at) != NULL) {
            break;
        }
        depth += *at == '{' || *at == '[';
        depth -= *at == '}' || *at == ']';
        at++;
    }
    return at;
}

/* The value at a place: behind the key, where it has one. */
static const char *find_value(const char *text, const struct place *place)
{
    if (place == NULL) {
        return skip_space(text);
    }
    const char *at = place_find(text, place);
    if (place->key == NULL) {
        return at;
    }
    at = skip_space(skip_string(at));
    return skip_space(at + (*at == ':'));
}

const char *place_find(const char *text, const struct place *place)
{
    const char *at = find_value(text, place->in);
    at             = skip_space(at + (*at != '\0'));
    for (size_t i = 0; i < place->index; i++) {
        at = skip_item(at);
        at = skip_space(at + (*at != '\0'));
    }
    return at;
}

size_t place_count(const char *text, const struct place *place)
{
    const char *at = find_value(text, place);
    size_t num     = 0;
    at             = skip_space(at + (*at != '\0'));
    while (*at != '\0' && *at != '}' && *at != ']') {
        num++;
        at = skip_item(at);
        at = skip_space(at + (*at == ','));
    }
    return num;
}

const char *place_find_apostrophe(const char *text)
{
    while (*text != '\0' && *text != '\'') {
        text = *text == '"' ? skip_string(text) : text + 1;
    }
    return *text != '\0' ? text : NULL;
}

unsigned place_line(const char *text, const char *at)
{
    unsigned line = 1;
    for (; text < at; text++) {
        line += *text == '\n';
    }
    return line;
}

static size_t print_key(char *out, size_t room, const char *key, bool first)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz_";
    const char *quote         = key[strspn(key, plain)] != '\0' || *key == '\0' ? "\"" : "";
    int len = snprintf(out, room, "%s%s%s%s", first ? "" : ".", quote, key, quote);
    return len > 0 ? (size_t)len : 0;
}

void place_print(char out[PLACE_PATH_MAX], const struct place *place)
{
    out[0] = '\0';
    if (place == NULL) {
        return;
    }
    place_print(out, place->in);
    size_t len  = strlen(out);
    size_t room = PLACE_PATH_MAX - len;
    if (place->key != NULL) {
        (void)print_key(out + len, room, place->key, len == 0);
    } else {
        (void)snprintf(out + len, room, "[%zu]", place->index);
    }
}
