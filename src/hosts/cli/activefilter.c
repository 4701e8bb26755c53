/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * assay activefilter: what ActiveFilter has told and nobody has taken yet
 * (CM-32). The mailbox is found by way of the configuration and the state of
 * ActiveFilter, unless it is named.
 */
#include "command.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <assay/activefilter.h>

#include "escape.h"
#include "options.h"

static const char activefilter_help[] =
    "Usage: assay activefilter [OPTION]... list [--json]\n"
    "       assay activefilter [OPTION]... print NAME... | --all\n"
    "       assay activefilter [OPTION]... done NAME... | --all\n"
    "\n"
    "Look at the mails with which ActiveFilter tells of messages and of\n"
    "judgements that changed, and take them.\n"
    "\n"
    "  list   one line for each mail in new/, the oldest first: its name, "
    "type,\n"
    "         judgement, action, score, number of recipients, age in seconds,\n"
    "         and the id of the registration; or its name, ? and what is "
    "wrong\n"
    "  print  the document of each mail, XML, to standard output\n"
    "  done   move each mail from new/ to cur/, marked as seen\n"
    "\n"
    "  -a, --all          all mails that are listed and can be read\n"
    "  -c, --config=FILE  whose stanza cloudmark names the state of\n"
    "                     ActiveFilter, instead of\n"
    "                     " ASSAY_CONFIG_PATH "\n"
    "  -j, --json         list as JSON, one object on each line\n"
    "  -m, --maildir=DIR  the mailbox, instead of what the state says\n"
    "  -s, --state=DIR    the state, instead of what the configuration says\n"
    "  -h, --help         show this text\n"
    "\n"
    "Exit status: 0 done, 1 a mail is not there or no document of\n"
    "ActiveFilter, 2 the mailbox cannot be used, 64 wrong usage.\n";

enum { JSON_DIGITS = 15 };

struct request {
    const char *config, *state, *maildir; /* NULL: not given */
    bool is_all, is_json;
    char *mailbox; /* owned */
    time_t now;
    int status; /* so far */
    int (*one)(struct request *request, const char *name);
};

/* ---- messages ---------------------------------------------------------- */

static int complain(const char *name, const assay_error *err)
{
    char *shown = name ? assay__escape_line(name) : NULL;

    if (name)
        (void)fprintf(stderr, "assay: %s: %s\n", shown ? shown : "mail",
                      err->msg);
    else
        (void)fprintf(stderr, "assay: %s\n", err->msg);
    free(shown);
    return ASSAY__EXIT_TROUBLE;
}

/* Of one mail: what is wrong with it is no trouble of ours. */
static int complain_of_mail(const char *name, const assay_error *err)
{
    (void)complain(name, err);
    return err->code == ASSAY_E_IO || err->code == ASSAY_E_NOMEM
               ? ASSAY__EXIT_TROUBLE
               : ASSAY__EXIT_FOUND;
}

static void worsen(struct request *request, int status)
{
    if (status > request->status)
        request->status = status;
}

/* ---- the mailbox ------------------------------------------------------- */

static assay_rc find_state(const char *config, char **out, assay_error *err)
{
    struct assay__progress progress;
    assay_options options;
    assay_rc rc;

    assay__progress_init(&progress);
    assay__options_init(&options, config, 0, &progress);
    rc = assay_activefilter_state(&options, out, err);
    assay__progress_fini(&progress);
    return rc;
}

static int find_mailbox(struct request *request)
{
    assay_error err = {0};
    char *state = NULL;
    assay_rc rc = ASSAY_OK;

    if (request->maildir) {
        request->mailbox = strdup(request->maildir);
        return request->mailbox ? ASSAY__EXIT_OK : ASSAY__EXIT_TROUBLE;
    }
    if (!request->state)
        rc = find_state(request->config, &state, &err);
    if (rc == ASSAY_OK)
        rc = assay_activefilter_mailbox(state ? state : request->state,
                                        &request->mailbox, &err);
    free(state);
    return rc == ASSAY_OK ? ASSAY__EXIT_OK : complain(NULL, &err);
}

/* ---- list -------------------------------------------------------------- */

static long long age_of(const struct request *request,
                        const assay_activefilter_mail *mail)
{
    long long age = (long long)request->now - (long long)mail->delivered_s;

    return age > 0 ? age : 0;
}

/* Scripts read it word by word, so the name is one word, and of a mail with a
 * problem the second word is one that no type is. */
static void show_line(const struct request *request,
                      const assay_activefilter_mail *mail, const char *name)
{
    char *problem;

    if (mail->problem[0] == '\0') {
        (void)printf("%s %s %s %s %.15g %zu %lld %s\n", name, mail->type,
                     mail->judgement, mail->action, mail->score,
                     mail->recipients, age_of(request, mail), mail->id);
        return;
    }
    problem = assay__escape_line(mail->problem);
    (void)printf("%s ? %s\n", name, problem ? problem : "");
    free(problem);
}

static void show_json(const struct request *request,
                      const assay_activefilter_mail *mail, const char *name)
{
    json_t *object;

    if (mail->problem[0] == '\0')
        object = json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:f, s:f, s:I, s:I}",
                           "name", name, "type", mail->type, "id", mail->id,
                           "revision", (json_int_t)mail->revision, "judgement",
                           mail->judgement, "action", mail->action, "score",
                           mail->score, "threshold", mail->threshold,
                           "recipients", (json_int_t)mail->recipients, "age",
                           (json_int_t)age_of(request, mail));
    else
        object =
            json_pack("{s:s, s:s}", "name", name, "problem", mail->problem);
    if (object &&
        json_dumpf(object, stdout,
                   JSON_COMPACT | JSON_REAL_PRECISION(JSON_DIGITS)) == 0)
        (void)putchar('\n');
    json_decref(object);
}

static bool show(void *arg, const assay_activefilter_mail *mail)
{
    struct request *request = arg;
    char *name = request->is_json ? assay__escape_utf8(mail->name)
                                  : assay__escape_word(mail->name);

    if (!name) {
        worsen(request, ASSAY__EXIT_TROUBLE);
        return false;
    }
    if (request->is_json)
        show_json(request, mail, name);
    else
        show_line(request, mail, name);
    if (mail->problem[0] != '\0')
        worsen(request, ASSAY__EXIT_FOUND);
    free(name);
    return true;
}

/* ---- print, done ------------------------------------------------------- */

static int print_one(struct request *request, const char *name)
{
    assay_error err = {0};
    char *xml = NULL;
    size_t len = 0;

    if (assay_activefilter_read(request->mailbox, name, &xml, &len, &err) !=
        ASSAY_OK)
        return complain_of_mail(name, &err);
    (void)fwrite(xml, 1, len, stdout);
    if (len > 0 && xml[len - 1] != '\n')
        (void)putchar('\n');
    free(xml);
    return ASSAY__EXIT_OK;
}

static int done_one(struct request *request, const char *name)
{
    assay_error err = {0};

    if (assay_activefilter_done(request->mailbox, name, &err) == ASSAY_OK)
        return ASSAY__EXIT_OK;
    return complain_of_mail(name, &err);
}

static bool do_listed(void *arg, const assay_activefilter_mail *mail)
{
    struct request *request = arg;
    assay_error err = {.code = ASSAY_E_INVAL};

    if (mail->problem[0] == '\0') {
        worsen(request, request->one(request, mail->name));
        return true;
    }
    (void)snprintf(err.msg, sizeof err.msg, "%s", mail->problem);
    worsen(request, complain_of_mail(mail->name, &err));
    return true;
}

static void for_all(struct request *request, assay_activefilter_seen *seen)
{
    assay_error err = {0};

    if (assay_activefilter_list(request->mailbox, seen, request, &err) !=
        ASSAY_OK)
        worsen(request, complain(NULL, &err));
}

static void for_each(struct request *request, int count, char *const *names)
{
    assay_error err = {0};

    /* One sentence about the mailbox, not one about each mail. */
    if (access(request->mailbox, F_OK) != 0) {
        (void)snprintf(err.msg, sizeof err.msg, "%s: %s", request->mailbox,
                       strerrordesc_np(errno));
        worsen(request, complain(NULL, &err));
        return;
    }
    for (int i = 0; i < count; i++)
        worsen(request, request->one(request, names[i]));
}

/* ---- usage ------------------------------------------------------------- */

static int refuse(const char *why)
{
    (void)fprintf(stderr,
                  "assay: %s\nassay: \"assay help activefilter\" shows how\n",
                  why);
    return ASSAY__EXIT_USAGE;
}

/* What is wrong with the words; NULL: nothing. */
static const char *fault_of(const struct request *request, const char *verb,
                            int names)
{
    if (!request->one)
        return request->is_all ? "list takes no --all"
               : names > 0     ? "list takes no names"
                               : NULL;
    if (request->is_json)
        return "--json goes with list";
    if (request->is_all && names > 0)
        return "give names or --all, not both";
    if (!request->is_all && names == 0)
        return strcmp(verb, "print") == 0 ? "print what? give names or --all"
                                          : "done with what? give names or "
                                            "--all";
    return NULL;
}

static int run_verb(struct request *request, const char *verb, int count,
                    char *const *names)
{
    const char *fault;

    if (strcmp(verb, "print") == 0)
        request->one = print_one;
    else if (strcmp(verb, "done") == 0)
        request->one = done_one;
    else if (strcmp(verb, "list") != 0)
        return refuse("activefilter can list, print, and be done");
    fault = fault_of(request, verb, count);
    if (fault)
        return refuse(fault);
    request->status = find_mailbox(request);
    if (request->status != ASSAY__EXIT_OK)
        return request->status;
    request->now = time(NULL);
    if (!request->one)
        for_all(request, show);
    else if (request->is_all)
        for_all(request, do_listed);
    else
        for_each(request, count, names);
    free(request->mailbox);
    return request->status;
}

static int activefilter_run(int argc, char **argv)
{
    static const struct option longs[] = {
        {"all", no_argument, NULL, 'a'},
        {"config", required_argument, NULL, 'c'},
        {"json", no_argument, NULL, 'j'},
        {"maildir", required_argument, NULL, 'm'},
        {"state", required_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct request request = {.config = ASSAY_CONFIG_PATH};
    int option;

    /* NOLINTNEXTLINE(concurrency-mt-unsafe): no thread runs yet */
    while ((option = getopt_long(argc, argv, "ac:jm:s:h", longs, NULL)) != -1) {
        switch (option) {
        case 'a':
            request.is_all = true;
            break;
        case 'c':
            request.config = optarg;
            break;
        case 'j':
            request.is_json = true;
            break;
        case 'm':
            request.maildir = optarg;
            break;
        case 's':
            request.state = optarg;
            break;
        case 'h':
            (void)fputs(activefilter_help, stdout);
            return ASSAY__EXIT_OK;
        default:
            return ASSAY__EXIT_USAGE;
        }
    }
    if (optind >= argc)
        return refuse("what shall be done? list, print or done");
    return run_verb(&request, argv[optind], argc - optind - 1,
                    argv + optind + 1);
}

const struct assay__command assay__command_activefilter = {
    .name = "activefilter",
    .summary = "list, print and take what ActiveFilter tells",
    .help = activefilter_help,
    .run = activefilter_run,
};
