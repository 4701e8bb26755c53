/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "activefilter_kit.h"

#include <check.h>
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <sqlite3.h>

#include "store/activefilter_document.h"

struct kit kit;
assay_error err;

/* ---- folders ----------------------------------------------------------- */

static void remember(void *arg, assay_log_level level, const char *line)
{
    size_t len = strlen(kit.logged);

    (void)arg;
    (void)snprintf(kit.logged + len, sizeof kit.logged - len, "%s: %s\n",
                   assay_log_level_name(level), line);
}

static void path_of(char *out, const char *name)
{
    ck_assert_int_lt(snprintf(out, PATH_MAX, "%s/%s", kit.folder, name),
                     PATH_MAX);
}

void kit_setup(void)
{
    static const char *const domains[] = {"msi.local"};

    memset(&kit, 0, sizeof kit);
    memset(&err, 0, sizeof err);
    (void)snprintf(kit.folder, sizeof kit.folder, "/tmp/assay-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(kit.folder));
    path_of(kit.state, "state");
    path_of(kit.base, "mail");
    path_of(kit.box, "mail/msi.local/msi");
    ck_assert_int_eq(mkdir(kit.base, 0700), 0);
    kit.stanza = (struct assay__maildir_options){
        .basedir = kit.base,
        .domains = {.items = domains, .count = 1},
        .create_users = true,
        .domain_in_path = true,
        .dirmode = 0700,
        .filemode = 0600,
    };
    kit.stanzas[0] = &kit.stanza;
    kit.maildirs = (struct assay__maildirs){.stanzas = kit.stanzas, .count = 1};
    kit.log = (assay_log){.sink = remember, .threshold = ASSAY_LOG_WARN};
    kit.options = (struct assay__activefilter_options){
        .state = kit.state,
        .max_entries = 100000,
        .expire_s = 86400,
        .maildirs = &kit.maildirs,
        .log = &kit.log,
    };
}

static int remove_one(const char *path, const struct stat *status, int flag,
                      struct FTW *at)
{
    (void)status;
    (void)flag;
    (void)at;
    return remove(path);
}

void kit_teardown(void)
{
    ck_assert_int_eq(nftw(kit.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* ---- filter and messages ----------------------------------------------- */

assay_activefilter *kit_new(void)
{
    assay_activefilter *filter = NULL;

    ck_assert_msg(assay__activefilter_new(&kit.options, &filter, &err) ==
                      ASSAY_OK,
                  "%s", err.msg);
    return filter;
}

assay_activefilter *kit_filter(assay_activefilter_mode mode)
{
    bool moves = mode == ASSAY_ACTIVEFILTER_MOVEMSG;
    assay_activefilter *filter = kit_new();

    ck_assert_int_eq(
        assay_activefilter_set_mode(filter, mode, moves ? "Inbox" : NULL,
                                    moves ? "Junk" : NULL, moves, &err),
        ASSAY_OK);
    ck_assert_msg(assay_activefilter_set_address(filter, KIT_ADDRESS, &err) ==
                      ASSAY_OK,
                  "%s", err.msg);
    ck_assert_msg(assay__activefilter_seal(filter, &err) == ASSAY_OK, "%s",
                  err.msg);
    return filter;
}

assay_message *kit_message(const char *body, size_t recipients)
{
    static const char header[] = "From: alice@a.example\r\n"
                                 "Message-ID: <1@a.example>\r\n"
                                 "Content-Type: text/plain\r\n\r\n";
    assay_message *message = NULL;
    char address[64];

    ck_assert_int_eq(assay_message_new(NULL, &message, &err), ASSAY_OK);
    ck_assert_int_eq(
        assay_message_append(message, header, sizeof header - 1, &err),
        ASSAY_OK);
    ck_assert_int_eq(assay_message_append(message, body, strlen(body), &err),
                     ASSAY_OK);
    ck_assert_int_eq(assay_message_finish(message, &err), ASSAY_OK);
    ck_assert_int_eq(assay_message_set_sender(message, "alice@a.example", &err),
                     ASSAY_OK);
    assay_message_set_id(message, "Q1");
    for (size_t i = 0; i < recipients; i++) {
        (void)snprintf(address, sizeof address, "rcpt%zu@b.example", i);
        ck_assert_int_eq(assay_message_add_recipient(message, address, &err),
                         ASSAY_OK);
    }
    return message;
}

const assay_score *kit_score(double score)
{
    static _Thread_local assay_score made;

    made.score = score;
    return &made;
}

assay_rc kit_register(assay_activefilter *filter, const char *id, double score)
{
    assay_message *message = kit_message(KIT_BODY, 1);
    struct assay__activefilter_event event = {
        .id = id,
        .message = message,
        .score = kit_score(score),
        .threshold = 80,
    };
    assay_rc rc = assay__activefilter_register(filter, &event, &err);

    assay_message_free(&message);
    return rc;
}

void kit_rejudge(assay_activefilter *filter, double score)
{
    assay_message *message = kit_message(KIT_BODY, 3);

    assay__activefilter_rejudge(filter, message, kit_score(score));
    assay_message_free(&message);
}

/* ---- mails ------------------------------------------------------------- */

/* @param name_out  of one of them; may be NULL */
static size_t look(const char *where, char *name_out)
{
    char path[PATH_MAX + 8];
    struct dirent *entry;
    size_t count = 0;
    DIR *folder;

    (void)snprintf(path, sizeof path, "%s/%s", kit.box, where);
    folder = opendir(path);
    if (!folder)
        return 0;
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        if (name_out)
            (void)snprintf(name_out, NAME_MAX + 1, "%s", entry->d_name);
        count++;
    }
    closedir(folder);
    return count;
}

size_t kit_count(const char *where)
{
    return look(where, NULL);
}

static char *read_file(const char *path, size_t *len_out)
{
    FILE *file = fopen(path, "re");
    char *data = malloc(16 << 20);

    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(data);
    *len_out = fread(data, 1, (16 << 20) - 1, file);
    data[*len_out] = '\0';
    (void)fclose(file);
    return data;
}

static void assert_short_lines(const char *mail)
{
    while (*mail != '\0') {
        size_t len = strcspn(mail, "\n");

        ck_assert_uint_le(len, 998);
        mail += len + (mail[len] == '\n');
    }
}

char *kit_take(size_t *len_out)
{
    char name[NAME_MAX + 1] = "", path[2 * PATH_MAX];
    assay_message *message = NULL;
    assay_bytes body;
    assay_part *root;
    size_t len;
    char *mail, *xml;

    ck_assert_uint_eq(look("new", name), 1);
    (void)snprintf(path, sizeof path, "%s/new/%s", kit.box, name);
    mail = read_file(path, &len);
    assert_short_lines(mail);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(
        assay_message_new_borrowed(mail, len, NULL, &message, &err), ASSAY_OK);
    ck_assert_int_eq(assay_message_root(message, &root, &err), ASSAY_OK);
    ck_assert_int_eq(assay_part_decode(root, &body, NULL, &err), ASSAY_OK);
    xml = calloc(1, body.len + 1);
    ck_assert_ptr_nonnull(xml);
    memcpy(xml, body.data, body.len);
    *len_out = body.len;
    kit_assert_valid(xml, body.len);
    assay_message_free(&message);
    free(mail);
    return xml;
}

void kit_take_with(const char *const *texts)
{
    size_t len;
    char *xml = kit_take(&len);

    for (; *texts; texts++)
        ck_assert_msg(strstr(xml, *texts) != NULL, "no %s in\n%s", *texts, xml);
    free(xml);
}

/* ---- XML and SQL ------------------------------------------------------- */

static void complain(void *arg, const char *format, ...) ASSAY_PRINTF(2, 3);
static void complain(void *arg, const char *format, ...)
{
    va_list args;

    (void)arg;
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
}

static xmlDocPtr parse(const char *xml, size_t len)
{
    xmlDocPtr document =
        xmlReadMemory(xml, (int)len, "document.xml", NULL, XML_PARSE_NONET);

    ck_assert_msg(document != NULL, "not well-formed:\n%s", xml);
    return document;
}

void kit_assert_valid(const char *xml, size_t len)
{
    xmlRelaxNGParserCtxtPtr parser = xmlRelaxNGNewParserCtxt(ACTIVEFILTER_RNG);
    xmlDocPtr document = parse(xml, len);
    xmlRelaxNGValidCtxtPtr context;
    xmlRelaxNGPtr schema;

    xmlRelaxNGSetParserErrors(parser, complain, complain, NULL);
    schema = xmlRelaxNGParse(parser);
    ck_assert_ptr_nonnull(schema);
    context = xmlRelaxNGNewValidCtxt(schema);
    xmlRelaxNGSetValidErrors(context, complain, complain, NULL);
    ck_assert_msg(xmlRelaxNGValidateDoc(context, document) == 0,
                  "not valid:\n%s", xml);
    xmlRelaxNGFreeValidCtxt(context);
    xmlRelaxNGFree(schema);
    xmlRelaxNGFreeParserCtxt(parser);
    xmlFreeDoc(document);
}

char *kit_xpath(const char *xml, size_t len, const char *expression)
{
    xmlDocPtr document = parse(xml, len);
    xmlXPathContextPtr context = xmlXPathNewContext(document);
    xmlXPathObjectPtr object;
    xmlChar *text;
    char *copy;

    xmlXPathRegisterNs(context, (const xmlChar *)"af",
                       (const xmlChar *)ASSAY__ACTIVEFILTER_NAMESPACE);
    object = xmlXPathEvalExpression((const xmlChar *)expression, context);
    ck_assert_ptr_nonnull(object);
    text = xmlXPathCastToString(object);
    copy = strdup((const char *)text);
    xmlFree(text);
    xmlXPathFreeObject(object);
    xmlXPathFreeContext(context);
    xmlFreeDoc(document);
    return copy;
}

long kit_sql(const char *sql)
{
    char path[PATH_MAX + 32];
    sqlite3_stmt *statement = NULL;
    sqlite3 *handle = NULL;
    long value = 0;

    (void)snprintf(path, sizeof path, "%s/activefilter.db", kit.state);
    ck_assert_int_eq(sqlite3_open(path, &handle), SQLITE_OK);
    (void)sqlite3_busy_timeout(handle, 5000);
    ck_assert_msg(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL) ==
                      SQLITE_OK,
                  "%s", sqlite3_errmsg(handle));
    if (sqlite3_step(statement) == SQLITE_ROW)
        value = (long)sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(handle);
    return value;
}
