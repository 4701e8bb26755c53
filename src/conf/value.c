/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "conf/value.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/sizes.h"
#include "base/text.h"
#include "conf/schema.h"

enum {
    SHOWN_VALUE_MAX = 60, /* bytes of a value in a message */
    PERMS_MAX = 07777
};

static bool refuse(struct assay__conf_why *why, const char *fmt, ...)
    ASSAY_PRINTF(2, 3);

static bool refuse(struct assay__conf_why *why, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(why->text, sizeof why->text, fmt, args);
    va_end(args);
    return false;
}

/* ---- numbers ----------------------------------------------------------- */

enum number { NUMBER, NUMBER_WITH_UNIT, NUMBER_TOO_LARGE, NOT_A_NUMBER };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static enum number read_number(const char *text, bool *negative,
                               uint64_t *magnitude)
{
    enum number result = NUMBER;

    *magnitude = 0;
    *negative = *text == '-';
    if (*negative)
        text++;
    if (!is_digit(*text))
        return NOT_A_NUMBER;
    for (; is_digit(*text); text++) {
        if (__builtin_mul_overflow(*magnitude, 10, magnitude) ||
            __builtin_add_overflow(*magnitude, (unsigned)(*text - '0'),
                                   magnitude))
            result = NUMBER_TOO_LARGE;
    }
    if (*text == '\0')
        return result;
    return *text == '.' || *text == ',' ? NOT_A_NUMBER : NUMBER_WITH_UNIT;
}

static bool refuse_range(struct assay__conf_why *why, const char *text,
                         int64_t min, int64_t max)
{
    if (max == INT64_MAX && min > INT64_MIN)
        return refuse(why,
                      "'%.*s' is out of range, it must be %" PRId64 " or more",
                      SHOWN_VALUE_MAX, text, min);
    return refuse(
        why, "'%.*s' is out of range, it must be from %" PRId64 " to %" PRId64,
        SHOWN_VALUE_MAX, text, min, max);
}

/* False for what is not all digits. */
static bool check_number(enum number number, const char *text,
                         struct assay__conf_why *why)
{
    if (number == NUMBER_WITH_UNIT)
        return refuse(why,
                      "'%.*s' is not a number: units are not understood, "
                      "write plain digits",
                      SHOWN_VALUE_MAX, text);
    if (number == NOT_A_NUMBER)
        return refuse(why, "'%.*s' is not a whole number", SHOWN_VALUE_MAX,
                      text);
    return true;
}

bool assay__conf_to_int(const char *text, const assay_conf_option *option,
                        int64_t *out, struct assay__conf_why *why)
{
    bool any = option->min == 0 && option->max == 0;
    int64_t min = any ? INT64_MIN : option->min;
    int64_t max = any ? INT64_MAX : option->max;
    uint64_t magnitude;
    bool negative;
    enum number number = read_number(text, &negative, &magnitude);
    int64_t value;

    if (!check_number(number, text, why))
        return false;
    if (number == NUMBER_TOO_LARGE || magnitude > INT64_MAX)
        return refuse_range(why, text, min, max);
    value = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    if (value < min || value > max)
        return refuse_range(why, text, min, max);
    *out = value;
    return true;
}

bool assay__conf_to_size(const char *text, const assay_conf_option *option,
                         uint64_t *out, struct assay__conf_why *why)
{
    bool any = option->min == 0 && option->max == 0;
    uint64_t min = any || option->min < 0 ? 0 : (uint64_t)option->min;
    uint64_t max =
        any || option->max == INT64_MAX ? UINT64_MAX : (uint64_t)option->max;
    uint64_t magnitude;
    bool negative;
    enum number number = read_number(text, &negative, &magnitude);

    if (!check_number(number, text, why))
        return false;
    if (number == NUMBER_TOO_LARGE || (negative && magnitude > 0) ||
        magnitude < min || magnitude > max)
        return refuse(why,
                      "'%.*s' is out of range, it must be from %" PRIu64
                      " to %" PRIu64 " bytes",
                      SHOWN_VALUE_MAX, text, min, max);
    *out = magnitude;
    return true;
}

bool assay__conf_to_perms(const char *text, uint32_t *out,
                          struct assay__conf_why *why)
{
    uint32_t value = 0;
    const char *c = text;

    for (; *c >= '0' && *c <= '7' && value <= PERMS_MAX; c++)
        value = value * 8 + (uint32_t)(*c - '0');
    if (c == text || *c != '\0' || value > PERMS_MAX)
        return refuse(why,
                      "'%.*s' is no file mode, it must be octal from 0 to "
                      "07777",
                      SHOWN_VALUE_MAX, text);
    *out = value;
    return true;
}

/* ---- words ------------------------------------------------------------- */

bool assay__conf_to_bool(const char *text, bool *out,
                         struct assay__conf_why *why)
{
    static const struct {
        const char *yes, *no;
    } words[] = {{"on", "off"},
                 {"true", "false"},
                 {"enabled", "disabled"},
                 {"yes", "no"},
                 {"1", "0"}};

    for (size_t i = 0; i < ASSAY_COUNT_OF(words); i++) {
        if (assay__text_equal(text, words[i].yes) ||
            assay__text_equal(text, words[i].no)) {
            *out = assay__text_equal(text, words[i].yes);
            return true;
        }
    }
    return refuse(why,
                  "'%.*s' is neither on nor off (true or false, enabled or "
                  "disabled, yes or no, 1 or 0)",
                  SHOWN_VALUE_MAX, text);
}

/* Words that are refused are not worth a suggestion. */
static const char *next_word(void *arg, size_t i)
{
    const assay_conf_word *const *words = arg;

    for (const assay_conf_word *word = *words; word->name; word++)
        if (!word->refusal && i-- == 0)
            return word->name;
    return NULL;
}

static bool refuse_word(const char *text, const assay_conf_word *words,
                        struct assay__conf_why *why)
{
    const char *name;
    size_t used;

    (void)refuse(why, "'%.*s' is not valid, it must be", SHOWN_VALUE_MAX, text);
    for (size_t i = 0; (name = next_word(&words, i)) != NULL; i++) {
        const char *lead = i == 0                     ? " "
                           : next_word(&words, i + 1) ? ", "
                                                      : " or ";

        used = strlen(why->text);
        (void)snprintf(why->text + used, sizeof why->text - used, "%s%s", lead,
                       name);
    }
    why->nearest = assay__conf_nearest(text, next_word, &words);
    return false;
}

bool assay__conf_to_enum(const char *text, const assay_conf_word *words,
                         int *out, struct assay__conf_why *why)
{
    for (const assay_conf_word *word = words; word->name; word++) {
        if (!assay__text_equal(text, word->name))
            continue;
        if (word->refusal)
            return refuse(why, "%s", word->refusal);
        *out = word->value;
        return true;
    }
    return refuse_word(text, words, why);
}
