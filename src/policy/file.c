#include "policy/contents.h"
#include "policy/json_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TEXT = 1 << 20 };

/* The rules by which lists and numbers are judged: a policy that has one asks for them. */
static const char *const list_rules[] = {
    [HT_POLICY_VERSIONS]               = "policy-version",
    [HT_POLICY_CIPHER_SUITES]          = "policy-cipher-suite",
    [HT_POLICY_GROUPS]                 = "policy-group",
    [HT_POLICY_SIGNATURE_SCHEMES]      = "policy-signature-scheme",
    [HT_POLICY_CERTIFICATE_KEYS]       = "policy-certificate-key",
    [HT_POLICY_CERTIFICATE_SIGNATURES] = "policy-certificate-signature",
};
static const char *const number_rules[] = {
    [HT_POLICY_RSA_BITS]      = "policy-rsa-bits",
    [HT_POLICY_DH_BITS]       = "policy-dh-bits",
    [HT_POLICY_VALIDITY_DAYS] = "policy-validity",
};

bool policy_is_file(const char *name)
{
    size_t len = strlen(name), ending = strlen(".json");
    return strchr(name, '/') != NULL || (len > ending && strcmp(name + len - ending, ".json") == 0);
}

const char *policy_find_text(const char *name)
{
    const struct policy_text *text = policy_texts;
    while (text->name != NULL && strcmp(text->name, name) != 0) {
        text++;
    }
    return text->text;
}

/* Reads one policy, without what it extends. */
static bool read_one(struct policy_reader *r, const char *name)
{
    struct json_text json;
    bool file = policy_is_file(name);
    r->checks = file ? r->checks : NULL;
    if (!(file ? json_text_open(&json, name, MAX_TEXT, r->error)
               : json_text_copy(&json, r->file, policy_find_text(name), r->error))) {
        return false;
    }
    r->text   = json.text;
    bool read = policy_read_object(r, json.root);
    json_text_close(&json);
    return read;
}

static bool has_rule(const struct ht_policy *policy, const char *id)
{
    for (size_t i = 0; i < policy->num_rules; i++) {
        if (strcmp(policy->rules[i].id, id) == 0) {
            return true;
        }
    }
    return false;
}

/* Adds the rules that are not there yet. */
static bool add_rules(struct ht_policy *policy, const struct policy_rule *more, size_t num)
{
    struct policy_rule *rules =
        ht_arena_alloc(&policy->arena, (policy->num_rules + num) * sizeof *rules + 1);
    if (rules == NULL) {
        return false;
    }
    size_t sum = policy->num_rules;
    if (sum > 0) {
        memcpy(rules, policy->rules, sum * sizeof *rules);
    }
    for (size_t i = 0; i < num; i++) {
        if (!has_rule(policy, more[i].id)) {
            rules[sum++] = more[i];
        }
    }
    policy->rules     = rules;
    policy->num_rules = sum;
    return true;
}

/* What the policy does not say itself, it has from `from`. */
static bool inherit(struct ht_policy *policy, const struct ht_policy *from)
{
    for (unsigned i = 0; i < HT_POLICY_NUM_LISTS; i++) {
        policy->lists[i] = policy->lists[i].given ? policy->lists[i] : from->lists[i];
    }
    for (unsigned i = 0; i < HT_POLICY_NUM_NUMBERS; i++) {
        policy->numbers[i] = policy->numbers[i].num > 0 ? policy->numbers[i] : from->numbers[i];
    }
    if (!policy->unnamed_given) {
        policy->unnamed       = from->unnamed;
        policy->unnamed_given = from->unnamed_given;
    }
    policy->name   = policy->name != NULL ? policy->name : from->name;
    policy->title  = policy->title != NULL ? policy->title : from->title;
    policy->source = policy->source != NULL ? policy->source : from->source;
    return add_rules(policy, from->rules, from->num_rules);
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct policy_rule *)a)->id, ((const struct policy_rule *)b)->id);
}

/* What a list forbids is a failure, where the policy does not say otherwise. */
static bool complete(struct ht_policy *policy)
{
    struct policy_rule rules[HT_POLICY_NUM_LISTS + HT_POLICY_NUM_NUMBERS];
    size_t num = 0;
    for (unsigned i = 0; i < HT_POLICY_NUM_LISTS; i++) {
        if (policy->lists[i].given) {
            rules[num++] = (struct policy_rule){list_rules[i], {.verdict = HT_POLICY_FAIL}};
        }
    }
    for (unsigned i = 0; i < HT_POLICY_NUM_NUMBERS; i++) {
        if (policy->numbers[i].num > 0) {
            rules[num++] = (struct policy_rule){number_rules[i], {.verdict = HT_POLICY_FAIL}};
        }
    }
    if (!add_rules(policy, rules, num)) {
        return false;
    }
    qsort(policy->rules, policy->num_rules, sizeof *policy->rules, by_id);
    policy->title  = policy->title != NULL ? policy->title : policy->name;
    policy->source = policy->source != NULL ? policy->source : policy->title;
    return true;
}

static bool fail_unknown(const char *name, struct ht_error *error)
{
    char names[200] = "";
    for (const struct policy_text *text = policy_texts; text->name != NULL; text++) {
        size_t len = strlen(names);
        (void)snprintf(names + len, sizeof names - len, "%s%s", len > 0 ? ", " : "", text->name);
    }
    return ht_fail(error, "no policy is called \"%s\"; there are %s, and files (*.json)", name,
                   names);
}

bool policy_read(struct ht_policy *out, const char *name, const struct ht_policy_checks *checks,
                 struct ht_error *error)
{
    if (!policy_is_file(name) && policy_find_text(name) == NULL) {
        return fail_unknown(name, error);
    }
    for (unsigned depth = 0; name != NULL; depth++) {
        char file[128];
        (void)snprintf(file, sizeof file, "%s.json", name);
        struct ht_policy one   = {0};
        struct policy_reader r = {.out    = &one,
                                  .arena  = &out->arena,
                                  .file   = policy_is_file(name) ? name : file,
                                  .checks = checks,
                                  .error  = error,
                                  .depth  = depth};
        if (!read_one(&r, name)) {
            return false;
        }
        if (!inherit(out, &one)) {
            return ht_fail(error, "%s: no memory", name);
        }
        name = one.extends;
    }
    return complete(out) || ht_fail(error, "%s: no memory", out->name);
}
