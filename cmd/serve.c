/* trefoil serve: receive interviews from tablets and browsers; read reports on this machine
 *
 * usage: trefoil serve [STUDY] [--listen 127.0.0.1:8383] [--cert FILE --key FILE]
 *                      [--public-url URL] [--max-bytes N] [--log]
 *        trefoil serve read [--listen 127.0.0.1:8080]
 *
 * The first is the collecting server: ODK Collect, KoboCollect and the browser form send to it, and
 * what it says 201 to is on the disk. It can open nothing of what it takes: it needs the study's
 * .trefoil/inbox.pub and field.db (`trefoil keep init`, `trefoil field publish`), never the vault's
 * key. Plain HTTP is served on 127.0.0.1 and [::1] only, for trials or behind a proxy that has TLS;
 * elsewhere give a certificate and its key (PEM). Port 0 takes a free port. --public-url is how
 * clients reach the server ("https://collect.example.org"), when that is not the address it listens on.
 * --max-bytes is the largest POST it takes (100000000). --log writes one line a request to standard
 * error: time, status, method, what, device; no token and no answer. ^C or SIGTERM ends it in order.
 *
 * `serve read` is the reading room: built reports and tables, and for every released number, quote and
 * law a card that says where it comes from. It listens on this machine only.
 *
 * examples:
 *   trefoil serve --listen 0.0.0.0:443 --cert c.pem --key k.pem --public-url https://collect.example.org STUDY
 *   trefoil serve --listen 127.0.0.1:0 demo-study
 *   trefoil serve read --study demo-study
 */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "serve/serve.h"

static void reading(const char *url)
{
    tf_say("Reading room: %s\nPress ^C to end.\n", url);
    (void)fflush(stdout);
}

static void collecting(const char *url)
{
    tf_say("Collecting: %s\nPress ^C to end.\n", url);
    (void)fflush(stdout);
}

enum tf_code cmd_serve(struct tf_run *run, struct tf_err *reterr)
{
    const char *listen = NULL, *most = NULL, **word;
    struct tf_collect_opt opt = {.study_dir = run->study};
    struct tf_study *study;
    int64_t bytes = 0;
    size_t n;
    const struct tf_option options[] = {{"--listen", &listen, NULL},
                                        {"--cert", &opt.cert, NULL},
                                        {"--key", &opt.key, NULL},
                                        {"--public-url", &opt.public_url, NULL},
                                        {"--max-bytes", &most, NULL},
                                        {"--log", NULL, &opt.log}};
    TF_TRY(tf_options(run, options, sizeof options / sizeof *options, &word, &n, reterr));
    if (n > 1)
        return tf_usage(run, reterr, "`trefoil serve` takes one study, or the word 'read'");
    if (n == 1 && strcmp(word[0], "read") == 0) {
        if (opt.cert != NULL || opt.key != NULL || opt.public_url != NULL || most != NULL || opt.log)
            return tf_usage(run, reterr, "`trefoil serve read` takes --listen only");
        TF_TRY(tf_study_read(run->arena, run->study, &study, reterr));
        return tf_serve(run->arena, study, listen == NULL ? "127.0.0.1:8080" : listen, reading, reterr);
    }
    if (most != NULL && (!tf_parse_int(most, &bytes) || bytes < 10000 || bytes > 1000000000))
        return tf_usage(run, reterr, "--max-bytes is a number from 10000 to 1000000000");
    opt.max_bytes = (size_t)bytes;
    opt.listen = listen == NULL ? "127.0.0.1:8383" : listen;
    if (n == 1)
        opt.study_dir = word[0];
    return tf_collect(run->arena, &opt, collecting, reterr);
}
