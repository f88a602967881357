/* Run a command several times as a user would, and print its wall time and peak memory.
 *
 *   stopwatch LABEL RUNS COMMAND [ARGUMENTS…]
 *
 * One line: label, minimum, median and maximum seconds, peak megabytes of the largest process. The
 * command's output is thrown away; a command that fails ends the benchmark. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

int main(int argc, char **argv)
{
    if (argc < 4) {
        (void)fprintf(stderr, "usage: stopwatch LABEL RUNS COMMAND [ARGUMENTS…]\n");
        return 2;
    }
    enum { MOST = 99 };
    double took[MOST];
    long peak = 0;
    int runs = atoi(argv[2]);
    runs = runs < 1 ? 1 : runs > MOST ? MOST : runs;
    for (int k = 0; k < runs; k++) {
        const double start = now();
        const pid_t child = fork();
        if (child == 0) {
            const int null = open("/dev/null", O_WRONLY);
            (void)dup2(null, 1);
            (void)dup2(null, 2);
            (void)execvp(argv[3], argv + 3);
            _exit(127);
        }
        int status;
        struct rusage used;
        if (child < 0 || wait4(child, &status, 0, &used) != child || !WIFEXITED(status) ||
            WEXITSTATUS(status) != 0) {
            (void)fprintf(stderr, "stopwatch: '%s' failed\n", argv[3]);
            return 1;
        }
        took[k] = now() - start;
        peak = used.ru_maxrss > peak ? used.ru_maxrss : peak;
    }
    qsort(took, (size_t)runs, sizeof *took, by_size);
    (void)printf("%-58s %8.3f %8.3f %8.3f s  %6ld MB  (%d runs)\n", argv[1], took[0],
                 took[runs / 2], took[runs - 1], peak / 1024, runs);
    return 0;
}
