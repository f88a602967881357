/* Progress: see progress.h.
 *
 * Rooms count; this file decides how often a person hears of it. On a terminal one line is
 * redrawn at most ten times a second; in a log a line is written every ten seconds, so that a
 * short task says nothing; for machines each change is one JSON object a line. All of it goes to
 * stderr, never into a result: the monotonic clock read here can reach no output file.
 *
 * ^C sets a flag and nothing else. A second ^C ends the program as it would have without us, for
 * the case that a loop forgets to ask. */
#include "base/progress.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BAR_WIDTH = 30, TITLE = 120 };

static struct {
    enum tf_progress_mode mode;
    bool running, shown;
    char title[TITLE];
    size_t total, done;
    double began, told; /* seconds of the monotonic clock */
} now;

static volatile sig_atomic_t interrupted;

static double seconds(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
        return 0;
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static unsigned percent(void)
{
    if (now.total == 0)
        return 0;
    return now.done >= now.total ? 100 : (unsigned)(100.0 * (double)now.done / (double)now.total);
}

/* Whole seconds still to go at the pace so far; -1 when nothing can be said. */
static long seconds_left(double at)
{
    const double spent = at - now.began;
    if (now.total == 0 || now.done == 0 || now.done >= now.total || spent < 1)
        return -1;
    return (long)(spent * (double)(now.total - now.done) / (double)now.done + 0.5);
}

static void write_all(const char *s, size_t n)
{
    while (n > 0) {
        const ssize_t put = write(STDERR_FILENO, s, n);
        if (put <= 0)
            return; /* nobody listens: the work goes on */
        s += put;
        n -= (size_t)put;
    }
}

static size_t clip(int n, size_t size)
{
    return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

static void draw_bar(double at)
{
    char line[300], bar[BAR_WIDTH + 1], left[40] = "";
    size_t n;
    const long wait = seconds_left(at);
    if (wait >= 0)
        (void)snprintf(left, sizeof left, "  %ld:%02ld left", wait / 60, wait % 60);
    if (now.total == 0) {
        n = clip(snprintf(line, sizeof line, "\r%s  %zu\x1b[K", now.title, now.done), sizeof line);
    } else {
        const size_t full = percent() * BAR_WIDTH / 100;
        memset(bar, '.', BAR_WIDTH);
        memset(bar, '#', full);
        bar[BAR_WIDTH] = '\0';
        n = clip(snprintf(line, sizeof line, "\r%s [%s] %3u%%%s\x1b[K", now.title, bar, percent(),
                          left),
                 sizeof line);
    }
    write_all(line, n);
    now.shown = true;
}

static void write_line(void)
{
    char line[300];
    size_t n;
    if (now.total == 0)
        n = clip(snprintf(line, sizeof line, "%s: %zu\n", now.title, now.done), sizeof line);
    else
        n = clip(snprintf(line, sizeof line, "%s: %u%% (%zu of %zu)\n", now.title, percent(),
                          now.done, now.total),
                 sizeof line);
    write_all(line, n);
}

static void write_json(const char *event)
{
    char title[6 * TITLE + 1], line[6 * TITLE + 200];
    size_t n = 0;
    for (const char *p = now.title; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            title[n++] = '\\';
        if ((unsigned char)*p < 0x20)
            n += clip(snprintf(title + n, 7, "\\u%04x", (unsigned)(unsigned char)*p), 7);
        else
            title[n++] = *p;
    }
    title[n] = '\0';
    write_all(line, clip(snprintf(line, sizeof line,
                                  "{\"progress\":\"%s\",\"title\":\"%s\",\"done\":%zu,"
                                  "\"total\":%zu}\n",
                                  event, title, now.done, now.total),
                         sizeof line));
}

/* ---- Doors and rooms ---------------------------------------------------------------------- */

void tf_progress_show(enum tf_progress_mode mode)
{
    now.mode = mode;
}

void tf_progress_start(const char *title, size_t total)
{
    const enum tf_progress_mode mode = now.mode;
    memset(&now, 0, sizeof now);
    now.mode = mode;
    now.running = true;
    now.total = total;
    (void)snprintf(now.title, sizeof now.title, "%s", title);
    if (mode == TF_PROGRESS_OFF)
        return;
    now.began = now.told = seconds();
    if (mode == TF_PROGRESS_JSON)
        write_json("start");
}

void tf_progress_at(size_t done)
{
    static const double pause[] = {
        [TF_PROGRESS_BAR] = 0.1,
        [TF_PROGRESS_LINES] = 10,
        [TF_PROGRESS_JSON] = 1,
    };
    now.done = done;
    if (now.mode == TF_PROGRESS_OFF || !now.running)
        return;
    const double at = seconds();
    if (at - now.told < pause[now.mode])
        return;
    now.told = at;
    switch (now.mode) {
    case TF_PROGRESS_BAR: draw_bar(at); break;
    case TF_PROGRESS_LINES: write_line(); break;
    case TF_PROGRESS_JSON: write_json("at"); break;
    case TF_PROGRESS_OFF: break;
    }
}

void tf_progress_stop(void)
{
    if (!now.running)
        return;
    now.running = false;
    if (now.mode == TF_PROGRESS_BAR && now.shown)
        write_all("\r\x1b[K", 4); /* the result takes the line */
    if (now.mode == TF_PROGRESS_JSON)
        write_json("stop");
}

static void on_interrupt(int sig)
{
    if (interrupted != 0) {
        (void)signal(sig, SIG_DFL);
        (void)raise(sig);
    }
    interrupted = 1;
}

bool tf_interrupted(void)
{
    return interrupted != 0;
}

void tf_interrupt_install(void)
{
    struct sigaction act;
    memset(&act, 0, sizeof act);
    act.sa_handler = on_interrupt;
    act.sa_flags = SA_RESTART;
    (void)sigemptyset(&act.sa_mask);
    (void)sigaction(SIGINT, &act, NULL);
}
