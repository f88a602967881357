/* trefoil serve: read reports and evidence cards in a browser, on this machine
 *
 * usage: trefoil serve [--listen 127.0.0.1:8080]
 *
 * Opens a reading room: the countries of the study, their built reports and tables, and for every
 * released number, quote and law a card that says where it comes from. It listens on this machine
 * only; another address is refused. Port 0 takes a free port; the address is printed when it is
 * ready. ^C ends it.
 *
 * examples:
 *   trefoil serve --study demo-study
 *   trefoil serve --study demo-study --listen 127.0.0.1:0
 */
#include <stdio.h>

#include "cmd/cmd.h"
#include "serve/serve.h"

static void ready(const char *url)
{
    tf_say("Reading room: %s\nPress ^C to end.\n", url);
    (void)fflush(stdout);
}

enum tf_code cmd_serve(struct tf_run *run, struct tf_err *reterr)
{
    const char *listen = "127.0.0.1:8080", **word;
    size_t n;
    struct tf_study *study;
    const struct tf_option options[] = {{.name = "--listen", .text = &listen}};
    TF_TRY(tf_options(run, options, 1, &word, &n, reterr));
    if (n > 0)
        return tf_usage(run, reterr, "`trefoil serve` takes no words");
    TF_TRY(tf_study_read(run->arena, run->study, &study, reterr));
    return tf_serve(run->arena, study, listen, ready, reterr);
}
