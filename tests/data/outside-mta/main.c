/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * usage: minimal_mta LIBASSAY CONFIGURATION SPOOL
 *                    threads|events WAY [fork]
 *
 * WAY is how messages are handed over: pieces, text, descriptor, headers,
 * buffer. Prints "port N pid N" when it serves, and at its end "nothing is
 * left", or what is.
 */
#include "mta.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const ways[] = {
    [BY_PIECES] = "pieces",         [BY_TEXT] = "text",
    [BY_DESCRIPTOR] = "descriptor", [BY_HEADERS] = "headers",
    [BY_BUFFER] = "buffer",
};

/* ---- what the library tells
 * ---------------------------------------------------- */

static void log_line(void *arg, assay_log_level level, const char *line)
{
    (void)arg;
    (void)level;
    (void)fprintf(stderr, "%s\n", line);
}

static void tell_finding(void *arg, const char *text)
{
    (void)arg;
    (void)fprintf(stderr, "%s\n", text);
}

void reload(struct mta *mta)
{
    assay_error err = {.msg = ""};
    assay_rc rc = mta->api->reload(mta->library, &err);

    (void)fprintf(stderr, "mta: reload: %s %s\n", mta->api->rc_name(rc),
                  err.msg);
}

/* ---- loading
 * ---------------------------------------------------------------------- */

static const assay_host_table *load(const char *path, void **handle_out)
{
    union {
        void *in;
        assay_host_table_getter *get;
    } symbol;
    const assay_host_table *api;
    assay_error err = {.msg = ""};

    *handle_out = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    symbol.in = *handle_out ? dlsym(*handle_out, ASSAY_HOST_SYMBOL) : NULL;
    if (!symbol.in) {
        (void)fprintf(stderr, "mta: %s\n", dlerror());
        return NULL;
    }
    api = symbol.get(ASSAY_HOST_ABI_MAJOR, ASSAY_HOST_ABI_MINOR, &err);
    if (!api)
        (void)fprintf(stderr, "mta: %s\n", err.msg);
    return api;
}

static bool open_library(struct mta *mta, const char *configuration,
                         bool has_loop)
{
    assay_options options = ASSAY_OPTIONS_INIT;
    assay_error err = {.msg = ""};

    options.config_path = configuration;
    options.log = log_line;
    options.diagnostic = tell_finding;
    options.complete = has_loop ? events_complete : NULL;
    if (mta->api->open(&options, &mta->library, &err) == ASSAY_OK)
        return true;
    (void)fprintf(stderr, "mta: %s\n", err.msg);
    return false;
}

/* ---- what is left
 * ------------------------------------------------------------------ */

struct census {
    size_t threads, descriptors;
};

static size_t count_entries(const char *path)
{
    DIR *folder = opendir(path);
    size_t count = 0;

    while (folder && readdir(folder))
        count++;
    if (folder)
        (void)closedir(folder);
    return count;
}

static void *do_nothing(void *arg)
{
    return arg;
}

/* A sanitizer starts a thread of its own together with the first one. */
static struct census take_census(void)
{
    pthread_t first;

    if (pthread_create(&first, NULL, do_nothing, NULL) == 0)
        (void)pthread_join(first, NULL);
    return (struct census){count_entries("/proc/self/task"),
                           count_entries("/proc/self/fd")};
}

/* @return exit status */
static int compare(const struct census *before, const char *path)
{
    struct census after = take_census();
    bool has_children = waitpid(-1, NULL, WNOHANG) >= 0 || errno != ECHILD;
    void *handle = dlopen(path, RTLD_NOW | RTLD_NOLOAD);

    if (handle)
        (void)dlclose(handle);
    if (after.threads == before->threads &&
        after.descriptors == before->descriptors && !has_children) {
        (void)printf("nothing is left%s\n", handle ? ", but libassay" : "");
        return 0;
    }
    (void)printf("left: threads %zu, before %zu; descriptors %zu, before %zu; "
                 "children %d\n",
                 after.threads, before->threads, after.descriptors,
                 before->descriptors, has_children);
    return 1;
}

/* ---- serving
 * ----------------------------------------------------------------------- */

static int listen_somewhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) != 0 ||
        listen(fd, CLIENTS_MAX) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return -1;
    (void)printf("port %u pid %ld\n", (unsigned)ntohs(address.sin_port),
                 (long)getpid());
    (void)fflush(stdout);
    return fd;
}

/* Both may come while phases run, so they are events like others. */
static int block_signals(void)
{
    sigset_t taken;

    (void)sigemptyset(&taken);
    (void)sigaddset(&taken, SIGTERM);
    (void)sigaddset(&taken, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &taken, NULL);
    return signalfd(-1, &taken, SFD_CLOEXEC);
}

static int serve(struct mta *mta, bool has_loop)
{
    assay_error err = {.msg = ""};
    int status = 1;

    if (mta->api->start(mta->library, &err) != ASSAY_OK) {
        (void)fprintf(stderr, "mta: %s\n", err.msg);
        return status;
    }
    mta->signal_fd = block_signals();
    mta->listen_fd = listen_somewhere();
    if (mta->signal_fd >= 0 && mta->listen_fd >= 0)
        status = has_loop ? serve_with_events(mta) : serve_with_threads(mta);
    mta->api->stop(mta->library);
    (void)close(mta->listen_fd);
    (void)close(mta->signal_fd);
    return status;
}

/* As an MTA that becomes a daemon: what was opened goes on in the child.
 * @return in the parent the child's exit status, in the child -1 */
static int become_child(void)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0)
        return -1;
    if (child < 0 || waitpid(child, &status, 0) != child)
        return 1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int find_way(const char *name)
{
    for (int i = 0; i < (int)(sizeof ways / sizeof *ways); i++)
        if (strcmp(name, ways[i]) == 0)
            return i;
    return -1;
}

static int run(char **argv, struct mta *mta)
{
    bool has_loop = strcmp(argv[4], "events") == 0;
    struct census before = take_census();
    void *handle = NULL;
    int status = 1;

    mta->api = load(argv[1], &handle);
    if (mta->api && open_library(mta, argv[2], has_loop)) {
        int parent = argv[6] ? become_child() : -1;

        if (argv[6] && parent < 0)
            before = take_census();
        status = parent < 0 ? serve(mta, has_loop) : parent;
        mta->api->close(&mta->library);
        (void)dlclose(handle);
        if (parent < 0)
            status |= compare(&before, argv[1]);
    }
    return status;
}

int main(int argc, char **argv)
{
    struct mta mta = {.listen_fd = -1, .signal_fd = -1};
    int way = argc > 5 ? find_way(argv[5]) : -1;

    if (argc < 6 || argc > 7 || way < 0) {
        (void)fprintf(stderr,
                      "usage: %s LIBASSAY CONFIGURATION SPOOL "
                      "threads|events WAY [fork]\n",
                      argv[0]);
        return 64;
    }
    mta.spool = argv[3];
    mta.hand_over = (enum hand_over)way;
    return run(argv, &mta);
}
